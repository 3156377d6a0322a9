/** The words for each refusal, and for each way in which a keyring knows a kid. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { detailOf, keyOf } from '../../lib/cli/verify-words.ts';
import type { Keyring } from '../../lib/core/keyring.ts';
import type { VerificationError } from '../../lib/sdk/verifier/index.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z') / 1000;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const HEADER = { typ: 'other' };
const CLAIMS = { iss: 'https://elsewhere', aud: ['a', 'b'], iat: NOW + 90, exp: NOW - 60 };
const words = (code: string, claims: object = CLAIMS) =>
  detailOf({ code } as VerificationError, HEADER, claims as Record<string, unknown>);

test.each([
  ['token_expired', ': it ended at 2026-11-23T11:59:00Z, 1m ago'],
  ['token_not_yet_valid', ': iat 2026-11-23T12:01:30Z, in 1m30s'],
  ['issuer_mismatch', ': it is of "https://elsewhere"'],
  ['audience_mismatch', ': it is for ["a","b"]'],
  ['type_not_allowed', ': it is "other"'],
  ['lifetime_too_long', ': it lives -150 s'],
  ['signature_invalid', ''],
])('%s', (code, said) => expect(words(code)).toBe(said));

test('a token that is not valid yet by its nbf', () => {
  expect(words('token_not_yet_valid', { iat: NOW, nbf: NOW + 60 })).toBe(
    ': iat 2026-11-23T12:00:00Z, 0s ago; nbf 2026-11-23T12:01:00Z, in 1m',
  );
});

const KEYRING = {
  keys: [
    { kid: 'a', state: 'active' },
    { kid: 'r', state: 'retired', reason: 'its grace is over', endedAt: NOW },
    { kid: 'c', state: 'compromised', reason: 'laptop stolen', endedAt: NOW },
  ],
  history: [['h', NOW, 'destroyed']],
  imported: [{ jwk: { kid: 'g' }, source: 'elsewhere', until: NOW }],
} as unknown as Keyring;

test.each([
  ['a', 'active'],
  ['r', 'retired: its grace is over; it ended at 2026-11-23T12:00:00Z'],
  ['c', 'burned: laptop stolen; it ended at 2026-11-23T12:00:00Z'],
  ['h', 'gone; it ended at 2026-11-23T12:00:00Z: destroyed'],
  ['g', 'imported from elsewhere until 2026-11-23T12:00:00Z'],
  ['x', 'never a key of this issuer: forged, or of another one'],
])('key %s is %s', (kid, said) => expect(keyOf(KEYRING, kid)).toBe(said));
