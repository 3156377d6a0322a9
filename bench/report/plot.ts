/** The ratios as a picture: a bar a row, the spread of its runs, and a mark where the goal is. */
import type { Result } from '../result.ts';
import { isClose, isMissed, type Row } from '../row.ts';

const [WIDTH, LABELS, RIGHT, TOP, LINE] = [960, 470, 70, 62, 22];
const STYLE = `
  text { font-family: system-ui, sans-serif; font-size: 13px; fill: #1f2328 } .small { font-size: 11px; fill: #59636e }
  .bar { fill: #4c8dd6 } .close { fill: #d9a02b } .missed { fill: #d1504b } .other { fill: #b6bec8 } .run { stroke: #1f2328 } .goal { stroke: #1a7f37 }
  .grid { stroke: #d1d9e0 } .page { fill: #fff }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .small { fill: #9198a1 } .other { fill: #4b5560 }
    .run { stroke: #e6edf3 } .goal { stroke: #3fb950 } .grid { stroke: #30363d } .page { fill: #0d1117 } }`;

export function plot({ date, parts }: Result): string {
  const groups = parts
    .map(({ title, rows }) => ({ title, rows: rows.filter(({ unit, note }) => unit === 'x' && note !== 'the noise') }))
    .filter(({ rows }) => rows.length > 0);
  const most = Math.max(
    ...groups.flatMap(({ rows }) => rows.map(({ value, spread, goal = 0 }) => Math.max(value, spread?.[1] ?? 0, goal))),
  );
  const limit = Math.ceil(most * 2) / 2;
  const x = (value: number) => LABELS + (Math.min(value, limit) / limit) * (WIDTH - LABELS - RIGHT);
  const lines: string[] = [];
  let y = TOP;
  for (const { title, rows } of groups) {
    lines.push(`<text x="12" y="${y + 15}" font-weight="600">${escaped(title)}</text>`);
    y += LINE;
    for (const row of rows) {
      lines.push(bar(row, y, x));
      y += LINE;
    }
    y += 8;
  }
  const height = y + 8;
  const grid = Array.from({ length: Math.floor(limit) + 1 }, (_, at) => at).map(
    (at) =>
      `<line class="grid" x1="${x(at)}" x2="${x(at)}" y1="${TOP - 6}" y2="${y}"/><text class="small" x="${x(at)}" y="${TOP - 12}" text-anchor="middle">${at}×</text>`,
  );
  const title = `How many times as much CPU, ${date}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
<style>${STYLE}</style>
<rect class="page" width="${WIDTH}" height="${height}"/>
<text x="12" y="22" font-weight="600">${title}</text>
<text class="small" x="12" y="38">bar: median, blue met, yellow above the goal by no more than the noise, red missed, grey without a goal; line: the runs; green: the goal</text>
${[...grid, ...lines].join('\n')}
</svg>
`;
}

function bar(row: Row, y: number, x: (value: number) => number): string {
  const { what, value, spread: [least, most] = [value, value], goal } = row;
  const kind = goal === undefined ? 'other' : isMissed(row) ? 'missed' : isClose(row) ? 'close' : 'bar';
  const middle = y + LINE / 2;
  return [
    `<text x="24" y="${middle + 4}">${escaped(what)}</text>`,
    `<rect class="${kind}" x="${x(0)}" y="${y + 4}" width="${(x(value) - x(0)).toFixed(1)}" height="${LINE - 8}" rx="2"/>`,
    `<line class="run" x1="${x(least).toFixed(1)}" x2="${x(most).toFixed(1)}" y1="${middle}" y2="${middle}"/>`,
    goal !== undefined &&
      `<line class="goal" stroke-width="3" x1="${x(goal).toFixed(1)}" x2="${x(goal).toFixed(1)}" y1="${y + 1}" y2="${y + LINE - 1}"/>`,
    `<text class="small" x="${WIDTH - 12}" y="${middle + 4}" text-anchor="end">${value.toFixed(2)}×</text>`,
  ]
    .filter(Boolean)
    .join('');
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
