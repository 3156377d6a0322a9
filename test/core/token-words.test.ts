/** The words for each refusal of a token. */
import { expect, test } from 'vitest';
import { detailOf } from '../../lib/core/token-words.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z') / 1000;
const HEADER = { typ: 'other' };
const CLAIMS = { iss: 'https://elsewhere', aud: ['a', 'b'], iat: NOW + 90, exp: NOW - 60 };
const words = (code: string, claims: object = CLAIMS) => detailOf(code, HEADER, claims as Record<string, unknown>, NOW);

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
