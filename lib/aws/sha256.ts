/**
 * SHA-256 for the signatures of requests, in place of the SDK's own. That hands Node the bytes of the signing key for each
 * request, of which Node makes a key object anew: most of what the HMAC costs. Here a key is made once, and kept as long as
 * its bytes are.
 */
import { createHash, createHmac, createSecretKey, type Hash, type Hmac, type KeyObject } from 'node:crypto';

type Bytes = ArrayBuffer | ArrayBufferView;
const keys = new WeakMap<Bytes, KeyObject>();

/** What the option `sha256` of a client takes: a digest, or with a secret an HMAC. */
export class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | Bytes) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(secret));
  }

  update(data: string | Bytes): void {
    this.#hash.update(data instanceof ArrayBuffer ? new Uint8Array(data) : (data as string | NodeJS.ArrayBufferView));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function keyOf(secret: string | Bytes): string | KeyObject {
  if (typeof secret === 'string') return secret;
  const known = keys.get(secret) ?? createSecretKey(secret as NodeJS.ArrayBufferView);
  keys.set(secret, known);
  return known;
}
