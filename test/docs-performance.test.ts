/** docs/performance.md carries what was measured, and nothing that was written by hand where measurements stand. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { plot } from '../bench/report/plot.ts';
import { markdown } from '../bench/report/table.ts';
import { missed, type Result } from '../bench/result.ts';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const PAGE = read('docs/performance.md');
const RESULT = JSON.parse(read('docs/performance.json')) as Result;

test('its table and its picture are those of the last result', () => {
  expect(PAGE).toContain(`<!-- bench -->\n${markdown(RESULT)}\n<!-- /bench -->`);
  expect(read('docs/performance.svg')).toBe(plot(RESULT));
});

test('whole, and with every goal met, or the page says what holds the one that is not', () => {
  const [, list = ''] = /# parts: ([a-z ]+)$/m.exec(PAGE) ?? [];
  expect(RESULT.parts.map(({ name }) => name)).toEqual(list.split(' '));
  for (const { what } of missed(RESULT)) expect(PAGE).toContain(`**${what}**`);
});

test('what calling.md says of loading a client is what was measured', () => {
  const of = (what: string) => RESULT.parts.flatMap(({ rows }) => rows).find((row) => row.what === what)?.value ?? 0;
  const text = read('docs/calling.md').replaceAll(/\s+/g, ' ');
  expect(text).toContain('Loading it takes a few milliseconds of CPU');
  expect(of('loading keyturn/client')).toBeGreaterThan(1);
  expect(of('loading keyturn/client')).toBeLessThan(5);
  expect(text).toContain('more than fifteen times as long');
  expect(of('loading @aws-sdk/client-lambda') / of('loading keyturn/client')).toBeGreaterThan(15);
  expect(text).toContain('four fifths of what the SDK takes');
  const answered = of('keyturn/client up to its first answer') / of('@aws-sdk/client-lambda up to its first answer');
  expect(Math.abs(answered - 0.8)).toBeLessThan(0.1);
});

test('what it says of a token’s price follows from the prices that it names', () => {
  const lambda = 0.2 + 0.03 * 0.5 * 1e6 * 0.0000166667;
  expect(lambda.toFixed(2)).toBe('0.45');
  const rows = [...PAGE.matchAll(/^\| [\w, -]+ \| \$([\d.]+) \| \$0\.45 \| \*\*about \$([\d.]+)\*\* \|$/gm)];
  expect(rows.map(([, kms, all]) => [Number(kms), Number(all)])).toEqual([
    [0.03 * 100, 3.5],
    [0.15 * 100, 15.5],
    [0.15 * 100, 15.5],
  ]);
});
