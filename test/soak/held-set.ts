/** The set that a verifier holds, and when it fetches another one. */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** Fetches again for a kid that it does not find, once in so many milliseconds. */
export const refetching =
  (set: HeldSet, coolDown: number): JWTVerifyGetKey =>
  async (...wanted) => {
    if (set.age === Number.POSITIVE_INFINITY) await set.fetch();
    try {
      return await set.find(...wanted);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || set.age < coolDown) throw error;
      await set.fetch();
      return set.find(...wanted);
    }
  };

/** The last set that one verifier has fetched. Who asks while a fetch is under way waits for that one. */
export class HeldSet {
  /** Milliseconds, by the answer's `Cache-Control` and `Age` (RFC 9111 §4.2). */
  maxAge = 0;
  find: JWTVerifyGetKey = createLocalJWKSet({ keys: [] });
  readonly #url: string;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** Milliseconds since it was asked for; Infinity before the first fetch. */
  get age(): number {
    return Date.now() - this.#fetchedAt;
  }

  fetch(): Promise<void> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<void> {
    const askedAt = Date.now();
    const response = await get(this.#url);
    this.find = createLocalJWKSet((await response.json()) as JSONWebKeySet);
    const [, maxAge = '0'] = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '') ?? [];
    this.maxAge = 1000 * Math.max(0, Number(maxAge) - Number(response.headers.get('age') ?? 0));
    this.#fetchedAt = askedAt;
  }
}

export async function get(url: string): Promise<Response> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(5000) });
  if (response.status === 200) return response;
  throw new Error(`the JWKS is answered with ${response.status}`);
}
