import { parseArgs } from 'node:util';
import { expect, test } from 'vitest';
import { kidsApart } from '../../lib/cli/kid-arguments.ts';

const KID = `-${'k'.repeat(42)}`;
const options = {
  yes: { type: 'boolean' },
  reason: { type: 'string' },
  kid: { type: 'string', multiple: true },
} as const;
const parsed = (...args: string[]) => {
  const { values, positionals } = parseArgs({ args: kidsApart(args), options, allowPositionals: true });
  return { ...values, positionals };
};

test.each([[[KID, '--yes']], [['--yes', KID]], [['--yes', '--', KID]]])('%j is a kid, wherever it stands', (args) => {
  expect(parsed(...args)).toEqual({ yes: true, positionals: [KID] });
});

test('as status shows it, it is one too', () => {
  expect(parsed('-kkkkkkkkkkkk…', '--yes')).toEqual({ yes: true, positionals: ['-kkkkkkkkkkkk…'] });
});

test('it may be the value of --kid', () => {
  expect(parsed('--kid', KID, '--kid', 'plain', KID)).toEqual({ kid: [KID, 'plain'], positionals: [KID] });
});

test('all else stays where it is', () => {
  expect(kidsApart(['a', '--reason', 'x y', '--yes'])).toEqual(['a', '--reason', 'x y', '--yes']);
  expect(() => parsed('-short')).toThrow();
  expect(() => parsed(`${KID}k`)).toThrow();
});
