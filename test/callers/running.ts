/** A program in any language as a process that answers each line with one. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Program } from './languages.ts';

type Environment = Readonly<Record<string, string>>;

/** What a program finds on any machine, and nothing of the developer's AWS. */
const around = (): Environment => {
  const { PATH = '', HOME = '', JAVA_HOME } = process.env;
  return { PATH, HOME, AWS_EC2_METADATA_DISABLED: 'true', ...(JAVA_HOME && { JAVA_HOME }) };
};

export class Running {
  stderr = '';
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;

  constructor({ command, args }: Program, more: readonly string[], environment: Environment) {
    this.#process = spawn(command, [...args, ...more], { env: { ...around(), ...environment }, stdio: 'pipe' });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    this.#process.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
  }

  /** Asks so many times at once; answers with the distinct answers. */
  async ask(times = 1): Promise<string[]> {
    return (await this.exchange(`${times}`)).split(/ (?=eyJ|refused|failed)/);
  }

  exchange(line: string): Promise<string> {
    this.#process.stdin.write(`${line}\n`);
    return this.line();
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the program has ended: ${this.stderr}`);
    return value;
  }

  /** For one that waits for no line. */
  async kill(): Promise<void> {
    this.#process.kill();
    await this.end();
  }

  async end(): Promise<void> {
    const isOver = this.#process.exitCode !== null || this.#process.signalCode !== null;
    const ended = isOver ? undefined : once(this.#process, 'close');
    this.#process.stdin.end();
    await ended;
  }
}
