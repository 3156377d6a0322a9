/** Instants and distances in words, for people. Always UTC, as everywhere else. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** `21 Feb 2027, 22:59 UTC`, with seconds where something is only minutes away. */
export function dateOf(instant: number, now: number): string {
  const date = new Date(instant * 1000);
  const isClose = Math.abs(instant - now) < HOUR;
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
  return `${day}, ${date.toISOString().slice(11, isClose ? 19 : 16)} UTC`;
}

/** `in 90 days`, `3 hours ago`: as exact as anybody needs it. */
export function distanceOf(instant: number, now: number): string {
  const seconds = Math.round(instant - now);
  if (seconds === 0) return 'now';
  const words = lengthOf(Math.abs(seconds));
  return seconds > 0 ? `in ${words}` : `${words} ago`;
}

export function lengthOf(seconds: number): string {
  if (seconds < 2 * MINUTE) return count(Math.round(seconds), 'second');
  if (seconds < 2 * HOUR) return count(Math.round(seconds / MINUTE), 'minute');
  if (seconds < 2 * DAY) return count(Math.round(seconds / HOUR), 'hour');
  return count(Math.round(seconds / DAY), 'day');
}

const count = (number: number, unit: string): string => `${number} ${unit}${number === 1 ? '' : 's'}`;
