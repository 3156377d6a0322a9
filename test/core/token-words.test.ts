/** The words for each refusal of a token. */
import { expect, test } from 'vitest';
import { detailOf, shapeOf } from '../../lib/core/token-words.ts';

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

test.each([
  ['', /is empty$/],
  ['Bearer e30.e30.AA', /begins with "Bearer"/],
  ['Authorization: Bearer e30.e30.AA', /begins with "Bearer"/],
  ['e30.e3\n0.AA', /white space/],
  ['a.b.c.d.e', /five parts: it is encrypted \(JWE\)/],
  ['e30.e30', /two parts: its signature is missing/],
  ['hello', /three parts/],
  ['a.b.c.d', /three parts/],
  ['e30.e30.', /its signature is empty$/],
  ['e30..AA', /one of its parts is empty$/],
  ['e30=.e30.AA', /padding/],
  ['e30.e3+/.AA', /base64url$/],
  ['e30.e30.Aä', /a character that base64url does not have/],
  ['e30.e30.AB', /bits that no encoder writes$/],
])('the shape of %j', (text, words) => expect(shapeOf(text, {})).toMatch(words));

test.each(['none', 'None'])('of alg %s, whatever its shape', (alg) => {
  expect(shapeOf('e30.e30.', { alg })).toMatch(/nobody has signed it/);
});
