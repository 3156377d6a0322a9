/** A process with one handler in it that is asked for tokens, as an execution environment of Lambda is. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AwsStub } from './aws-stub.ts';

const CHILD = fileURLToPath(new URL('children/tokens.cjs', import.meta.url));

export class TokenProcess {
  readonly #process: ChildProcess;

  constructor(bundle: string, { environment, keyArn, signingAlgorithm }: AwsStub) {
    this.#process = fork(CHILD, [bundle], {
      execArgv: [],
      env: { ...environment, BENCH_KEY: keyArn, BENCH_ALGORITHM: signingAlgorithm },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    // Written and read, as Lambda does with the lines of log.
    this.#process.stdout?.resume();
  }

  /** Microseconds of CPU a call. */
  async cost(calls: number, inFlight: number): Promise<number> {
    this.#process.send({ calls, inFlight });
    const [microseconds] = await once(this.#process, 'message', { signal: AbortSignal.timeout(60_000) });
    return microseconds;
  }

  close(): void {
    this.#process.kill('SIGKILL');
  }
}
