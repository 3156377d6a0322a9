import { expect, test } from 'vitest';
import { plot } from '../../bench/report/plot.ts';
import type { Row } from '../../bench/row.ts';

const draw = (...rows: Row[]) =>
  plot({ date: '2026-01-01', machine: 'any', versions: {}, parts: [{ name: 'part', title: 'a part', rows }] });
const row = (more: Partial<Row>): Row => ({ what: 'a row', unit: 'x', value: 1, ...more });

test('met, close, missed and without a goal look otherwise', () => {
  const kind = (more: Partial<Row>) => /<rect class="(\w+)" x/.exec(draw(row(more)))?.[1];
  expect(kind({ goal: 1 })).toBe('bar');
  expect(kind({ value: 1.01, goal: 1, noise: 0.02 })).toBe('close');
  expect(kind({ value: 1.1, goal: 1, noise: 0.02 })).toBe('missed');
  expect(kind({})).toBe('other');
});

test('a run is drawn as far as it goes', () => {
  const ends = /<line class="run" x1="([\d.]+)" x2="([\d.]+)"/.exec(draw(row({ value: 3.6, spread: [3, 4.6] })));
  const [, least, most] = ends ?? [];
  const axis = draw(row({ value: 3.6, spread: [3, 4.6] })).matchAll(/<line class="grid" x1="([\d.]+)"/g);
  const at = [...axis].map(([, x]) => Number(x));
  expect(Number(least)).toBeCloseTo(at[3] ?? 0, 0);
  expect(Number(most)).toBeGreaterThan(at[4] ?? 0);
});

test('no rule of its style overrides the weight of a title', () => {
  expect(draw(row({}))).not.toMatch(/\bfont:/);
});
