/** A process with one handler in it that is asked for tokens, as an execution environment of Lambda is. */
import type { AwsStub } from './aws-stub.ts';
import { Child } from './child.ts';

const PROGRAM = new URL('children/tokens.cjs', import.meta.url);

export class TokenProcess {
  readonly #child: Child;

  /** @param log whether what it writes is read, as Lambda does, or thrown away */
  constructor(bundle: string, { environment, keyArn, signingAlgorithm }: AwsStub, log = true) {
    this.#child = new Child(PROGRAM, [bundle], {
      env: { ...environment, BENCH_KEY: keyArn, BENCH_ALGORITHM: signingAlgorithm },
      stdio: ['ignore', log ? 'pipe' : 'ignore', 'inherit', 'ipc'],
    });
  }

  /** Microseconds of CPU a call. */
  cost(calls: number, inFlight: number): Promise<number> {
    return this.#child.cost({ calls, inFlight });
  }

  close(): void {
    this.#child.close();
  }
}
