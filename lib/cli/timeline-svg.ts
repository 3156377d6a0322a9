/** The same picture as in the terminal, to zoom into: each key's life, and below it that of one refused token. */
import { formatInstant } from '../core/duration.ts';
import type { Span } from '../core/spans.ts';
import type { Forecast } from '../simulator/forecast.ts';
import { spansOf } from './simulate-text.ts';

const WIDTH = 960;
const NAME = 130;
const ROW = 22;
const TOP = 30;
const COLOURS = { published: '#c6d4e1', signs: '#1d6fb8', grace: '#8fb8da', token: '#7f8c8d', refused: '#c0392b' };

export function drawSvg(forecast: Forecast): string {
  const { from, until, refused } = forecast;
  const spans = spansOf(forecast);
  const x = (instant: number) => NAME + ((instant - from) / (until - from)) * (WIDTH - NAME - 10);
  const rows = spans.flatMap((span, index) => row(span, TOP + index * ROW, until, x));
  const dates = TOP + spans.length * ROW + 10;
  const height = dates + (refused ? 5 * ROW + 30 : 10);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<title>Keys from ${formatInstant(from)} to ${formatInstant(until)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    legend(),
    ...rows,
    ...scale(dates, from, until),
    ...(refused ? zoom(forecast, refused, dates + 26) : []),
    '</svg>\n',
  ].join('\n');
}

const scale = (y: number, from: number, until: number) => [
  `<text x="${NAME}" y="${y}">${formatInstant(from)}</text>`,
  `<text x="${WIDTH - 10}" y="${y}" text-anchor="end">${formatInstant(until)}</text>`,
];

/** A verifier of the team's own may have any name. */
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const rect = (x: number, y: number, width: number, colour: string) =>
  `<rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(1, width).toFixed(1)}" height="14" fill="${colour}"/>`;

function row({ kid, pending, active, grace, end }: Span, y: number, until: number, x: (at: number) => number) {
  const phases = [
    [pending, COLOURS.published],
    [active, COLOURS.signs],
    [grace, COLOURS.grace],
  ] as const;
  const begun = phases.flatMap(([since, colour]) => (since === undefined ? [] : [{ since, colour }]));
  const bars = begun.map(({ since, colour }, index) =>
    rect(x(since), y, x(begun[index + 1]?.since ?? end ?? until) - x(since), colour),
  );
  return [`<text x="4" y="${y + 11}">${kid.slice(0, 14)}…</text>`, ...bars];
}

/** One token: its key is published, signs, and some verifier does not know it yet, or no more. */
function zoom({ keys }: Forecast, refused: NonNullable<Forecast['refused']>, y: number): string[] {
  const { kid, verifier, since, until, signedAt, expiresAt } = refused;
  const key = keys.find((one) => one.kid === kid);
  const start = Math.max(key?.published.since ?? signedAt, signedAt - 2 * (expiresAt - signedAt));
  const end = Math.max(until, expiresAt);
  const x = (instant: number) =>
    NAME + ((Math.min(Math.max(instant, start), end) - start) / (end - start)) * (WIDTH - NAME - 10);
  const bar = (from: number, to: number, at: number, colour: string) =>
    to > start && from < end ? [rect(x(from), at, x(to) - x(from), colour)] : [];
  const [signs, ends] = [key?.reign?.since ?? signedAt, Math.min(key?.reign?.until ?? end, end)];
  const name = (text: string, at: number) => `<text x="4" y="${at + 11}">${text}</text>`;
  return [
    `<text x="4" y="${y}" font-weight="bold">One refused token: ${escaped(verifier)} refuses it from ${formatInstant(since)} to ${formatInstant(until)}</text>`,
    name('its key', y + 10),
    ...bar(start, signs, y + 10, COLOURS.published),
    ...bar(signs, ends, y + 10, COLOURS.signs),
    ...bar(ends, Math.min(key?.published.until ?? end, end), y + 10, COLOURS.grace),
    name('the token lives', y + 10 + ROW),
    ...bar(signedAt, expiresAt, y + 10 + ROW, COLOURS.token),
    name('and is refused', y + 10 + 2 * ROW),
    ...bar(since, until, y + 10 + 2 * ROW, COLOURS.refused),
    ...scale(y + 20 + 3 * ROW, start, end),
    `<text x="4" y="${y + 20 + 4 * ROW}">of key ${kid}</text>`,
  ];
}

function legend(): string {
  const entries = Object.entries(COLOURS).map(([name, colour], index) => {
    const x = NAME + index * 110;
    return `${rect(x, 6, 14, colour)}<text x="${x + 20}" y="17">${name}</text>`;
  });
  return entries.join('');
}
