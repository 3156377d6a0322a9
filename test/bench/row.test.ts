import { describe, expect, test } from 'vitest';
import { type Result, verdictOf } from '../../bench/result.ts';
import { isClose, isMissed, type Row } from '../../bench/row.ts';

const row = (more: Partial<Row>): Row => ({ what: 'a row', unit: 'x', value: 1, goal: 1, ...more });
const GATE: [name: string, row: Row, verdict: 'met' | 'close' | 'missed'][] = [
  ['at the goal', row({}), 'met'],
  ['without a goal', { what: 'a row', unit: 'x', value: 9 }, 'met'],
  ['above it', row({ value: 1.01 }), 'missed'],
  ['above it, within the noise', row({ value: 1.04, spread: [0.9, 1.5], noise: 0.05 }), 'close'],
  ['above it by more than the noise', row({ value: 1.06, spread: [0.9, 1.5], noise: 0.05 }), 'missed'],
  ['in each run, within the noise', row({ value: 1.04, spread: [1.01, 1.06], noise: 0.05 }), 'missed'],
  ['at it in the best run', row({ value: 1.04, spread: [1, 1.06], noise: 0.05 }), 'close'],
  ['no number', row({ value: Number.NaN, noise: 0.05 }), 'missed'],
];

describe('a goal', () => {
  test.for(GATE)('%s', ([, measured, verdict]) => {
    expect({ missed: isMissed(measured), close: isClose(measured) }).toEqual({
      missed: verdict === 'missed',
      close: verdict === 'close',
    });
  });
});

test('a run ends with 1 where a goal is missed, and says which', () => {
  const of = (rows: readonly Row[]): Result => ({
    ...{ date: '2026-01-01', machine: 'any', versions: {} },
    parts: [{ name: 'part', title: 'a part', rows }],
  });
  const close = row({ value: 1.04, noise: 0.05 });
  expect(verdictOf(of([row({}), close]))).toMatchObject({ exitCode: 0 });
  expect(verdictOf(of([row({}), row({ what: 'slow', value: 2 })]))).toEqual({ text: 'missed: slow', exitCode: 1 });
});
