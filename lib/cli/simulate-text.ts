/** What `keyturn simulate` says to people. */
import { formatDuration, formatInstant } from '../core/duration.ts';
import type { Span } from '../core/spans.ts';
import type { Forecast, KindForecast } from '../simulator/forecast.ts';
import { drawTimeline, GLYPHS } from './timeline.ts';

const YEAR = 365 * 86_400;
const UNBOUNDED = { 'fresh-kid': 'until it meets the fresh key', restart: 'until it restarts' };
const WIDTH = 60;
const count = (number: number) => number.toLocaleString('en');

export function forecastText(forecast: Forecast): string {
  const { from, until, ticks, rotations, assumed, verifiers, problems, violated, heldTicks } = forecast;
  const years = ((until - from) / YEAR).toLocaleString('en', { maximumFractionDigits: 3 });
  const lines = [
    `${years} years in virtual time: ${count(ticks)} ticks, ${count(rotations)} rotations`,
    ...(assumed
      ? [`no verifiers are declared; this is ${verifiers[0]?.title}, with the longest documented cache`]
      : []),
    ...problems.map((problem) => `unsafe: ${problem}`),
    ...violated.map((sentence) => `violated: ${sentence}`),
    ...(heldTicks > 0
      ? [`held: at ${count(heldTicks)} ticks there was no room for a standby, and nothing rotated`]
      : []),
    '',
    ...table(verifiers),
    '  (after a burn: computed as a burn answers it; none was made)',
    '',
    ...outcome(forecast),
    '',
    drawTimeline(spansOf(forecast), until, until),
    ...refusedLife(forecast),
  ];
  return `${lines.join('\n')}\n`;
}

/** Whether all is well: what is not decided is not. */
export const isSafe = ({ rotations, verifiers, problems, violated }: Forecast): boolean =>
  rotations > 0 &&
  problems.length === 0 &&
  violated.length === 0 &&
  verifiers.every(({ rejections }) => rejections === 0);

function outcome({ rotations, verifiers, problems, violated, advice }: Forecast): string[] {
  const refusals = verifiers.filter(({ rejections }) => rejections > 0);
  if (refusals.length > 0)
    return [
      'Valid tokens are REFUSED.',
      ...refusals.map(
        ({ title, rejections, from: first = 0, until: last = 0 }) =>
          `  ${title}: ${count(rejections)}, from ${formatInstant(first)} to ${formatInstant(last)}`,
      ),
      ...advice.map((sentence) => `  ${sentence}`),
    ];
  if (rotations === 0) return ['UNDECIDED: nothing rotated in this time. Take more --years.'];
  if (violated.length > 0) return ['No token was refused here, but the promise is BROKEN: others would refuse some.'];
  if (problems.length > 0) return ['No token was refused here, but the windows are UNSAFE: a fault would do it.'];
  return ['No valid token is refused.'];
}

/** The life of one refused token, close to. */
function refusedLife({ keys, refused }: Forecast): string[] {
  if (!refused) return [];
  const { kid, verifier, since, until, signedAt, expiresAt } = refused;
  const key = keys.find((one) => one.kid === kid);
  const start = Math.max(key?.published.since ?? signedAt, signedAt - 2 * (expiresAt - signedAt));
  const cell = (Math.max(until, expiresAt) - start) / WIDTH;
  const row = (name: string, glyphAt: (instant: number) => string) => {
    const cells = Array.from({ length: WIDTH }, (_, index) => glyphAt(start + (index + 0.5) * cell));
    return `  ${name.padEnd(14)} ${cells.join('')}`.trimEnd();
  };
  const within = (at: number, from: number, to: number) => at >= from && at < to;
  return [
    '',
    `  One refused token, of ${kid}:`,
    row('its key', (at) => {
      if (!within(at, key?.published.since ?? start, key?.published.until ?? Number.POSITIVE_INFINITY)) return ' ';
      if (at < (key?.reign?.since ?? start)) return GLYPHS.pending;
      return at < (key?.reign?.until ?? Number.POSITIVE_INFINITY) ? GLYPHS.active : GLYPHS.grace;
    }),
    row('the token', (at) => (within(at, signedAt, expiresAt) ? '─' : ' ')),
    row('refused', (at) => (within(at, since, until) ? '×' : ' ')),
    `  ${''.padEnd(14)} ${formatInstant(start)} … ${formatInstant(Math.max(until, expiresAt))}`,
    `  ${verifier} refused it from ${formatInstant(since)} for ${formatDuration(Math.ceil(until - since))}`,
  ];
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
