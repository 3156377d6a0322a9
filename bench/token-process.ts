/** A process with one handler in it that is asked for tokens, as an execution environment of Lambda is. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AwsStub } from './aws-stub.ts';

const CHILD = fileURLToPath(new URL('children/tokens.cjs', import.meta.url));

export class TokenProcess {
  readonly #process: ChildProcess;

  /** @param log whether what it writes is read, as Lambda does, or thrown away */
  constructor(bundle: string, { environment, keyArn, signingAlgorithm }: AwsStub, log = true) {
    this.#process = fork(CHILD, [bundle], {
      execArgv: [],
      env: { ...environment, BENCH_KEY: keyArn, BENCH_ALGORITHM: signingAlgorithm },
      stdio: ['ignore', log ? 'pipe' : 'ignore', 'inherit', 'ipc'],
    });
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
