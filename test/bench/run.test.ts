import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bench/run.ts', import.meta.url));
const bench = (...args: string[]) => spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });

test('the part that measures no time: its table, its verdict, and 0', () => {
  const { status, stdout } = bench('size');
  expect(stdout).toMatch(/sign bundle, minified +\d+ KB +≤ 200 +met/);
  expect(stdout).toContain('no goal is missed');
  expect(status).toBe(0);
});

const REFUSED: [args: string, why: string][] = [
  ['nope', 'nope is no part, there are size, '],
  ['sign --write', '--write wants all parts'],
  ['load sign', 'load is run alone'],
  ['load --json out.json', 'load has a table, neither JSON nor a plot'],
  ['load --plot out.svg', 'load has a table, neither JSON nor a plot'],
  ['load --quota 9', '--quota must be at least 10, got 9'],
];
test.for(REFUSED)('%s is refused with 2', ([args, why]) => {
  const { status, stderr } = bench(...args.split(' '));
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(`bench: ${why}`) });
});
