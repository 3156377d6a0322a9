/** Kids, times and tables as a person reads them at a glance. */
import { formatDuration, formatInstant } from '../core/duration.ts';

/** Enough to tell keys apart, and to find the whole kid in `--json`. */
export const short = (kid: string): string => (kid.length > 14 ? `${kid.slice(0, 13)}…` : kid);

/** A sentence with its kids and other long names cut. */
export const shortened = (text: string): string => text.replaceAll(/[\w-]{32,}(\.[\w-]{32,})?/g, short);

/** To the minute, where seconds say nothing. */
export const roughly = (seconds: number): string =>
  formatDuration(Math.max(0, seconds > 600 ? Math.round(seconds / 60) * 60 : seconds));

/** `2026-11-24T02:21:38Z (1d1h16m)`. */
export const until = (instant: number, now: number): string => `${formatInstant(instant)} (${roughly(instant - now)})`;

/** Columns as wide as they must be, two blanks before the first. */
export function table(rows: readonly (readonly string[])[], gap = 3): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' '.repeat(gap))}`.trimEnd(),
  );
}

/** A sentence over lines of at most so many characters. A word that is longer stays whole: it may be to be copied. */
export function wrapped(text: string, width = Number.POSITIVE_INFINITY): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** The same, below one another: the first line after `head`, which is as wide as the blanks before the others. */
export function hanging(head: string, headWidth: number, text: string, columns = Number.POSITIVE_INFINITY): string[] {
  const [first = '', ...rest] = wrapped(text, Math.max(20, columns - headWidth));
  return [`${head}${first}`, ...rest.map((line) => `${' '.repeat(headWidth)}${line}`)];
}
