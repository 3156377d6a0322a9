/** What the copy of a burn's answer is called. */
import { expect, test } from 'vitest';
import { reportName } from '../../lib/cli/burn-report.ts';

const NOW = new Date('2026-11-23T12:34:56.789Z');

test.each([
  ['aJSXe7Ofvn1G-_', 'burn-aJSXe7Ofvn1G-_-20261123T123456Z.json'],
  ['a/b+c==', 'burn-a_b_c__-20261123T123456Z.json'],
  ['../../etc/x', 'burn-______etc_x-20261123T123456Z.json'],
  [undefined, 'burn-all-20261123T123456Z.json'],
])('of %s', (kid, name) => expect(reportName(kid, NOW)).toBe(name));
