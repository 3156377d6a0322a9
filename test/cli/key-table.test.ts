/** The table of keys in terminals of each width. */
import { describe, expect, test } from 'vitest';
import { keyTable } from '../../lib/cli/key-table.ts';
import { hanging, wrapped } from '../../lib/cli/shortened.ts';
import { drawTimeline } from '../../lib/cli/timeline.ts';
import type { Keyring } from '../../lib/core/keyring.ts';

const NOW = 1_800_000_000;
const KID = 'ysOZBnY8S06d3Q0qvvKgei4mqcodIxx9FXIk_wL7iO0';
const imported = (kid: string) => ({ jwk: { kid, alg: 'RS256' }, until: NOW + 3600 });
const KEYRING = {
  keys: [{ kid: KID, state: 'active', algorithm: 'ES256', activatedAt: NOW - 5 }],
  imported: [imported('legacy-signing-key-1'), imported('legacy-signing-key-2')],
} as unknown as Keyring;
const NEXT = [{ at: NOW + 60, step: 'activate' as const, why: '' }];
const drawn = (columns?: number) => keyTable(KEYRING, NEXT, NOW, columns);
const longest = (lines: readonly string[]) => Math.max(...lines.map((line) => line.length));

describe('the table of keys', () => {
  test('has whole kids where there is room', () => {
    expect(drawn(120)[1]).toBe(`  ${KID}   active     5s    ES256       signs for 1m more`);
  });

  test('cuts them where no terminal is, and never two to the same', () => {
    const [, own, ...foreign] = drawn();
    expect(own).toMatch(/^ {2}ysOZBnY8S06d3… +active.* signs for 1m more$/);
    expect(foreign.map((line) => line.split(' ')[2])).toEqual(['legacy-signing-key-1', 'legacy-signing-key-2']);
  });

  test.each([
    [80, KID],
    [50, 'ysOZBnY8S06d3…'],
  ])('at %i columns, what comes next stands below', (columns, name) => {
    const lines = drawn(columns);
    expect(longest(lines)).toBeLessThanOrEqual(columns);
    expect(lines[1]).toMatch(new RegExp(`^ {2}${name} +active`));
    expect(lines[2]).toBe('      signs for 1m more');
  });
});

test.each([40, 50, 80])('the timeline fits into %i columns', (columns) => {
  const spans = [{ kid: KID, pending: NOW, active: NOW + 60, grace: NOW + 120, end: NOW + 180 }];
  const lines = drawTimeline(spans, NOW, NOW + 200, columns).split('\n');
  expect(longest(lines)).toBeLessThanOrEqual(columns);
  expect(lines[0]).toMatch(/░+█+▒+$/);
  expect(lines.join('\n')).toMatch(/published.*signs.*grace/);
});

test('a sentence is wrapped between words, and hangs below its beginning', () => {
  expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapped('see docs/runbooks/restored-table.md now', 10)).toEqual([
    'see',
    'docs/runbooks/restored-table.md',
    'now',
  ]);
  expect(hanging('  ! ', 4, 'the edge serves version 2', 24)).toEqual(['  ! the edge serves', '    version 2']);
  expect(hanging('  ! ', 4, 'the edge serves version 2')).toEqual(['  ! the edge serves version 2']);
});
