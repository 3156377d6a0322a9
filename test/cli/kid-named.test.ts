/** A kid that is typed by its beginning. */
import { expect, test } from 'vitest';
import { kidAt, kidNamed, kidsOf } from '../../lib/cli/kid-named.ts';
import type { Target } from '../../lib/cli/target.ts';
import type { Keyring } from '../../lib/core/keyring.ts';

const KID = 'ysOZBnY8S06d3Q0qvvKgei4mqcodIxx9FXIk_wL7iO0';
const KEYRING = {
  keys: [{ kid: KID }],
  imported: [{ jwk: { kid: 'legacy-1' } }, { jwk: { kid: 'legacy-10' } }, { jwk: { kid: 'a/b+c==' } }],
  history: [['gone-for-long', 1, 'rotated']],
} as unknown as Keyring;
const KIDS = kidsOf(KEYRING);

test.each([
  ['ysOZBnY8S06d3…', KID],
  ['ysOZBnY8S06d3...', KID],
  ['ysOZ', KID],
  [KID, KID],
  // It is whole, though another one goes on.
  ['legacy-1', 'legacy-1'],
  ['a/b+', 'a/b+c=='],
  ['gone-', 'gone-for-long'],
  // What nobody has is for whoever is asked.
  ['ysO', 'ysO'],
  ['nobody…', 'nobody'],
])('%s is %s', (typed, kid) => expect(kidNamed(typed, KIDS)).toBe(kid));

test('one that is ambiguous names those that it could be', () => {
  expect(() => kidNamed('lega', KIDS)).toThrow('lega begins more than one kid: legacy-1, legacy-10');
});

test('a whole kid waits for no table, and a table that is away hides no kid', async () => {
  const away = { keyrings: { load: () => Promise.reject(new Error('away')) } } as unknown as Target;
  const never = { keyrings: { load: () => new Promise(() => undefined) } } as unknown as Target;
  const here = { keyrings: { load: async () => ({ keyring: KEYRING }) } } as unknown as Target;
  expect(await kidAt(never, KID)).toBe(KID);
  expect(await kidAt(away, 'legacy-1')).toBe('legacy-1');
  expect(await kidAt(here, 'ysOZBnY8…')).toBe(KID);
});
