/** How long KMS took over one request: the SDK's retries are in it, and so is a key that KMS refused before the one that signed. */
import type { Signer, SigningKey } from '../lib/core/ports.ts';

/** One for each request, so that no two add to the same sum. */
export class TimedSigner implements Signer {
  readonly #signer: Signer;
  milliseconds = 0;

  constructor(signer: Signer) {
    this.#signer = signer;
  }

  async sign(key: SigningKey, message: Uint8Array): Promise<Uint8Array> {
    const asked = performance.now();
    try {
      return await this.#signer.sign(key, message);
    } finally {
      this.milliseconds += performance.now() - asked;
    }
  }
}
