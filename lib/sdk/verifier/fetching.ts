/** Waiting for a fetch of the keys, one's own or that of somebody else, and no longer than it is worth. */

export interface Fetching {
  readonly askedAt: number;
  /** Never rejects. */
  readonly done: Promise<void>;
  /** The same, or a second after it began: for whoever has a key that serves until then. */
  readonly soon: Promise<void>;
}

/** A Lambda has three seconds, if nobody gives it more, and its caller wants the answer that can be given by then. */
const PATIENCE_MS = 1000;
const LOOK_MS = 25;

export function fetching(askedAt: number, done: Promise<void>): Fetching {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, PATIENCE_MS);
  return { askedAt, done: done.finally(() => clearTimeout(timer)), soon: Promise.race([done, late]) };
}

/** Cloudflare Workers: who waits for a promise of another request may wait for ever (panva/jose#355, #509). */
export const sharesPromises = (): boolean => globalThis.navigator?.userAgent !== 'Cloudflare-Workers';

/**
 * Until the fetch of another request has ended: looked for now and then, by timers of one's own. A request that was given
 * up takes its fetch with it, so that nobody looks for one longer than for a second.
 * @param underWay the fetch that is under way
 * @param seconds at most, however many follow one another
 * @returns the one that has not ended in its second, or undefined
 */
export async function lookOut(underWay: () => Fetching | undefined, seconds: number): Promise<Fetching | undefined> {
  let watched: Fetching | undefined;
  let watchedMs = 0;
  for (let waitedMs = 0; waitedMs < seconds * 1000; waitedMs += LOOK_MS) {
    const current = underWay();
    if (current === undefined) return undefined;
    if (current !== watched) [watched, watchedMs] = [current, 0];
    if (watchedMs >= PATIENCE_MS) return watched;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    watchedMs += LOOK_MS;
  }
  return undefined;
}
