/** A library in its process: as in a service, what it has fetched stays with it. */
import type { Program } from '../callers/languages.ts';
import { Running } from '../callers/running.ts';
import type { Library } from './libraries.ts';

export interface Question {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  readonly algorithm: string;
  readonly token: string;
}

export class Worker {
  readonly library: Library;
  readonly #running: Running;

  constructor(library: Library, program: Program) {
    this.library = library;
    this.#running = new Running(program, [library.name], {});
  }

  /** Why it does not accept the token; undefined when it does. One after the other. */
  async refusal(question: Question): Promise<string | undefined> {
    const { error } = JSON.parse(await this.#running.exchange(JSON.stringify(question))) as { error?: string };
    return error;
  }

  end(): Promise<void> {
    return this.#running.end();
  }
}
