/** Lines of time, tables and short names, as they stand in a terminal. */
import { describe, expect, test } from 'vitest';
import { roughly, shortened, table } from '../../lib/cli/shortened.ts';
import { drawTimeline } from '../../lib/cli/timeline.ts';

const DAY = 86_400;
const cells = (text: string | undefined) => text?.slice(17);

describe('the timeline', () => {
  const drawn = (...spans: Parameters<typeof drawTimeline>[0]) => drawTimeline(spans, 0, 60 * DAY).split('\n');

  test('has a column for each of its sixty parts', () => {
    const [row, marker, legend] = drawn({ kid: 'a', pending: 0, active: 10 * DAY, grace: 40 * DAY, end: 50 * DAY });
    expect(cells(row)).toBe(`${'░'.repeat(10)}${'█'.repeat(30)}${'▒'.repeat(10)}`);
    expect(cells(marker)).toBe('▲ now');
    expect(legend).toContain('1970-01-01 … 1970-03-02');
  });

  test('says of a column what was for the longer half of it', () => {
    const [short, next] = drawn(
      { kid: 'a', pending: 0, active: 5, grace: 0.6 * DAY, end: 10 * DAY },
      { kid: 'b', pending: 0, active: 0.6 * DAY },
    );
    expect(cells(short)).toBe(`█${'▒'.repeat(9)}`);
    expect(cells(next)).toBe(`░${'█'.repeat(59)}`);
  });

  test('points to now, up to its end', () => {
    const at = (now: number) => cells(drawTimeline([{ kid: 'a', pending: 0 }], now, 60 * DAY).split('\n')[1]);
    expect(at(30 * DAY)).toBe(`${' '.repeat(30)}▲ now`);
    expect(at(60 * DAY)).toBe(`${' '.repeat(59)}▲ now`);
  });

  test('cuts a long kid, and tells hours where days are all the same', () => {
    const [row = '', , legend] = drawTimeline([{ kid: 'x'.repeat(43), pending: 0 }], 0, DAY).split('\n');
    expect(row.startsWith(`  ${'x'.repeat(13)}… ░`)).toBe(true);
    expect(legend).toContain('00:00:00 … 00:00:00');
  });
});

test('kids and intents are cut in a sentence, times and words are not', () => {
  const kid = 'ysOZBnY8S06d3Q0qvvKgei4mqcodIxx9FXIk_wL7iO0';
  const intent = 'f8c8b1fa-f77d-4c1e-9d5c-000000000000.f8c8b1fa-f77d-4c1e-9d5c-000000000001';
  expect(shortened(`key ${kid} until 2026-11-24T01:10:03Z, intent ${intent} is open`)).toBe(
    'key ysOZBnY8S06d3… until 2026-11-24T01:10:03Z, intent f8c8b1fa-f77d… is open',
  );
});

test('seconds are told up to ten minutes', () => {
  expect([599, 601, 3629, 3631, -5].map(roughly)).toEqual(['9m59s', '10m', '1h', '1h1m', '0s']);
});

test('a table is as wide as it must be', () => {
  expect(
    table([
      ['A', 'B'],
      ['long', ''],
      ['x', 'y'],
    ]),
  ).toEqual(['  A      B', '  long', '  x      y']);
  expect(table([])).toEqual([]);
});
