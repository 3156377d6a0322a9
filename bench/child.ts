/** A process that answers each `{ calls, … }` with the microseconds of CPU that one of them took. */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';

export class Child {
  readonly #process: ChildProcess;

  constructor(program: URL, args: readonly string[], options: ForkOptions) {
    this.#process = fork(program, args, { execArgv: [], ...options });
    this.#process.stdout?.resume();
  }

  send(message: object): void {
    this.#process.send(message);
  }

  async cost(message: { readonly calls: number; readonly inFlight?: number }): Promise<number> {
    this.send(message);
    const [microseconds] = await once(this.#process, 'message', { signal: AbortSignal.timeout(60_000) });
    return microseconds;
  }

  close(): void {
    this.#process.kill('SIGKILL');
  }
}
