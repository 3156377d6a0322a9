/** Durations as people write them (`90d`, `24h`, `15m`, `30s`, `1h30m`) and as the rules count them: seconds. */
import { KeyturnError } from './errors.ts';

const UNITS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;

/** Seconds, or undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+[dhms])+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([dhms])/g)) {
    seconds += Number(count) * UNITS[unit as keyof typeof UNITS];
  }
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}

/** @throws KeyturnError `policy_invalid` */
export function readDuration(name: string, value: unknown): number {
  const seconds = typeof value === 'string' ? parseDuration(value) : undefined;
  if (seconds !== undefined) return seconds;
  throw new KeyturnError(
    'policy_invalid',
    `${name} must be a duration such as 90d, 24h, 15m or 30s, got ${JSON.stringify(value)}`,
  );
}

/** The shortest exact spelling in whole seconds: `3h16m`, `90d`, `0s`. */
export function formatDuration(seconds: number): string {
  if (seconds === Number.POSITIVE_INFINITY) return 'for ever';
  if (seconds < 0) return `-${formatDuration(-seconds)}`;
  let rest = Math.ceil(seconds);
  let text = '';
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text || '0s';
}

/** An instant in an error or a `why`: RFC 3339 in UTC, to the second. What no calendar reaches stays a number. */
export function formatInstant(instant: number): string {
  const date = new Date(instant * 1000);
  return Number.isNaN(date.getTime()) ? `${instant} s after 1970` : date.toISOString().replace(/\.\d+Z$/, 'Z');
}
