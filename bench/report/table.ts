/** The result as people read it: lines for a terminal, a table for docs/performance.md. */
import type { Result } from '../result.ts';
import { isClose, isMissed, type Row } from '../row.ts';

export function table({ parts }: Result): string {
  const width = Math.max(...parts.flatMap(({ rows }) => rows.map(({ what }) => what.length)));
  return parts
    .map(({ title, rows }) => {
      const lines = rows.map((row) => {
        const cells = [row.what.padEnd(width), figure(row).padStart(9), spread(row).padEnd(13), goal(row).padEnd(8)];
        return `  ${cells.join('  ')}  ${verdict(row).padEnd(6)}  ${row.note ?? ''}`.trimEnd();
      });
      return [title, ...lines].join('\n');
    })
    .join('\n\n');
}

export function markdown({ date, machine, versions, parts }: Result): string {
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const lines = parts.flatMap(({ title, rows }) => [
    `| **${title}** | | | | |`,
    ...rows.map((row) => `| ${[row.what, figure(row), spread(row), judged(row), row.note ?? ''].join(' | ')} |`),
  ]);
  const head = ['| | median | runs | goal | |', '|---|--:|---|---|---|'];
  return [`${date}, ${machine}; ${used.join(', ')}.`, '', ...head, ...lines].join('\n');
}

const digits = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
const figure = ({ value, unit }: Row): string => (unit === 'x' ? `${value.toFixed(2)}×` : `${digits(value)} ${unit}`);
const spread = ({ spread }: Row): string => (spread ? spread.map((end) => end.toFixed(2)).join(' to ') : '');
const goal = ({ goal, unit }: Row): string =>
  goal === undefined ? '' : unit === 'x' ? `≤ ${goal.toFixed(2)}×` : `≤ ${digits(goal)}`;
/** What is met needs no word. */
const judged = (row: Row): string =>
  isMissed(row) ? `${goal(row)}, **missed**` : isClose(row) ? `${goal(row)}, within the noise` : goal(row);
const verdict = (row: Row): string =>
  row.goal === undefined ? '' : isMissed(row) ? 'MISSED' : isClose(row) ? 'noise' : 'met';
