/** The same picture as in the terminal, to zoom into: each key's life, and below it that of one refused token. */
import { formatInstant } from '../core/duration.ts';
import type { Span } from '../core/spans.ts';
import type { Forecast } from '../simulator/forecast.ts';
import { spansOf } from './simulate-text.ts';

const WIDTH = 960;
const NAME = 130;
const ROW = 22;
const COLOURS = { published: '#c6d4e1', signs: '#1d6fb8', grace: '#8fb8da', refused: '#c0392b' };

export function drawSvg(forecast: Forecast): string {
  const { from, until, refused } = forecast;
  const spans = spansOf(forecast);
  const x = (instant: number) => NAME + ((instant - from) / (until - from)) * (WIDTH - NAME - 10);
  const rows = spans.flatMap((span, index) => row(span, 30 + index * ROW, until, x));
  const height = 30 + spans.length * ROW + (refused ? 70 : 30);
  const below = 30 + spans.length * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<title>Keys from ${formatInstant(from)} to ${formatInstant(until)}</title>`,
    legend(),
    ...rows,
    ...(refused ? zoom(forecast, refused, below + 14) : []),
    `<text x="${NAME}" y="${height - 6}">${formatInstant(from)}</text>`,
    `<text x="${WIDTH - 10}" y="${height - 6}" text-anchor="end">${formatInstant(until)}</text>`,
    '</svg>\n',
  ].join('\n');
}

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
  return [`<text x="4" y="${y + 11}">${kid.slice(0, 16)}…</text>`, ...bars];
}

/** One token: its key is published, signs, and some verifier does not know it yet, or no more. */
function zoom({ keys }: Forecast, refused: NonNullable<Forecast['refused']>, y: number): string[] {
  const key = keys.find(({ kid }) => kid === refused.kid);
  const start = Math.min(refused.since, key?.published.since ?? refused.since);
  const end = refused.until + (refused.until - start) / 4;
  const x = (instant: number) => NAME + ((instant - start) / (end - start)) * (WIDTH - NAME - 10);
  const signs = key?.reign?.since ?? refused.since;
  return [
    `<text x="4" y="${y + 11}">one refused token</text>`,
    rect(x(start), y, x(signs) - x(start), COLOURS.published),
    rect(x(signs), y, x(end) - x(signs), COLOURS.signs),
    rect(x(refused.since), y + 16, x(refused.until) - x(refused.since), COLOURS.refused),
    `<text x="${NAME}" y="${y + 44}">${refused.verifier} refuses tokens of ${refused.kid} from ${formatInstant(refused.since)} to ${formatInstant(refused.until)}</text>`,
  ];
}

function legend(): string {
  const entries = Object.entries(COLOURS).map(([name, colour], index) => {
    const x = NAME + index * 110;
    return `${rect(x, 6, 14, colour)}<text x="${x + 20}" y="17">${name}</text>`;
  });
  return entries.join('');
}
