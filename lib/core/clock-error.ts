/** How far a clock is off, by what a store says of the time when it is read. */

/**
 * Seconds to add to the clock so that it agrees with the store's; 0 where it may be right already.
 * @param before @param after the clock when the read began and ended: the store told its time in between
 * @param serverTime cut to the second, as a Date header is (RFC 9110 §5.6.7): the store's clock was in [it, it + 1)
 */
export function clockError(before: number, serverTime: number, after: number): number {
  if (serverTime > after) return serverTime - after;
  return Math.min(0, serverTime + 1 - before);
}
