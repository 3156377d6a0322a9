/** What `keyturn simulate` says to people. */
import { formatDuration, formatInstant } from '../core/duration.ts';
import type { Span } from '../core/spans.ts';
import type { Forecast, KindForecast } from '../simulator/forecast.ts';
import { drawTimeline } from './timeline.ts';

const YEAR = 365 * 86_400;
const UNBOUNDED = { 'fresh-kid': 'until it meets the fresh key', restart: 'until it restarts' };
const count = (number: number) => number.toLocaleString('en');

export function forecastText(forecast: Forecast): string {
  const { from, until, ticks, rotations, verifiers, problems, advice, refused } = forecast;
  const years = ((until - from) / YEAR).toLocaleString('en', { maximumFractionDigits: 1 });
  const refusals = verifiers.filter(({ rejections }) => rejections > 0);
  const lines = [
    `${years} years in virtual time: ${count(ticks)} ticks, ${count(rotations)} rotations`,
    ...problems.map((problem) => `unsafe: ${problem}`),
    '',
    ...table(verifiers),
    '',
    refusals.length === 0 ? 'No valid token is refused.' : 'Valid tokens are REFUSED.',
    ...refusals.map(
      ({ title, rejections, from: first = 0, until: last = 0 }) =>
        `  ${title}: ${count(rejections)}, from ${formatInstant(first)} to ${formatInstant(last)}`,
    ),
    ...advice.map((sentence) => `  ${sentence}`),
    ...(refused
      ? [
          `  for example a token of ${refused.kid}, refused by ${refused.verifier} from ${formatInstant(refused.since)} for ${formatDuration(refused.until - refused.since)}`,
        ]
      : []),
    '',
    drawTimeline(spansOf(forecast), until, until),
  ];
  return `${lines.join('\n')}\n`;
}

function table(verifiers: readonly KindForecast[]): string[] {
  const rows = verifiers.map(({ title, verifications, rejections, exposure }) => [
    title,
    count(verifications),
    count(rejections),
    typeof exposure === 'number' ? formatDuration(exposure) : UNBOUNDED[exposure],
  ]);
  const head = ['verifier', 'verifications', 'refused', 'accepts a burned key for'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    column === 1 || column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return [head, ...rows].map((row) => `  ${row.map(pad).join('  ').trimEnd()}`);
}

/** For the drawing of `keyturn plan` too. */
export const spansOf = ({ keys, until }: Forecast): Span[] =>
  keys.map(({ kid, published, reign }) => ({
    kid,
    pending: published.since,
    ...(reign && { active: reign.since }),
    ...(reign && reign.until <= until && { grace: reign.until }),
    ...(published.until <= until && { end: published.until }),
  }));
