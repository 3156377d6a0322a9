/** Two issuers can never be mixed up: RFC 8725 §3.8, and what Storm-0558 was. */
import { beforeEach, describe, expect, test } from 'vitest';
import { createVerifiers, type VerifierEvent } from '../../../lib/sdk/verifier/index.ts';
import { by, CLAIMS, forge, HEADER, NOW, testKey } from './forge.ts';
import { verdict } from './world.ts';

const A = 'https://a.example.com';
const B = 'https://b.example.com';
/** The same name in both sets. */
const KEY_A = testKey('ES256', 'key-1');
const KEY_B = testKey('ES256', 'key-1');
const RSA_B = testKey('RS256', 'key-2');
const SETS: Record<string, object> = {
  [`${A}/.well-known/jwks.json`]: { keys: [KEY_A.jwk] },
  [`${B}/.well-known/jwks.json`]: { keys: [KEY_B.jwk, RSA_B.jwk] },
};

const asked: string[] = [];
const events: VerifierEvent[] = [];
const onEvent = (event: VerifierEvent) => events.push(event);
const common = {
  now: () => NOW * 1000,
  onEvent,
  fetch: async (url: string) => {
    asked.push(url);
    return Response.json(SETS[url]);
  },
};
const verifier = createVerifiers([
  { ...common, issuer: A, audience: 'orders-api', algorithms: ['ES256'] },
  { ...common, issuer: B, audience: 'billing-api', algorithms: ['ES256', 'RS256'], types: ['at+jwt'] },
]);
beforeEach(() => {
  asked.length = 0;
  events.length = 0;
});

const token = (iss: unknown, aud: string, key: typeof KEY_A, typ = 'JWT') =>
  forge({ ...HEADER, alg: key.alg, kid: key.kid, typ }, { ...CLAIMS, iss, aud }, by(key));

test('each is verified by its own', async () => {
  expect(await verifier.verify(token(A, 'orders-api', KEY_A))).toMatchObject({ iss: A });
  expect(await verifier.verify(token(B, 'billing-api', KEY_B, 'at+jwt'))).toMatchObject({ iss: B });
  expect(asked).toEqual(Object.keys(SETS));
});

test.each<[string, string, string]>([
  ['the key of A for B', token(B, 'billing-api', KEY_A, 'at+jwt'), 'signature_invalid'],
  ['the key of B for A', token(A, 'orders-api', KEY_B), 'signature_invalid'],
  ['a key that only B has, for A', token(A, 'orders-api', RSA_B), 'algorithm_not_allowed'],
  ['the audience of B at A', token(A, 'billing-api', KEY_A), 'audience_mismatch'],
  ['the audience of A at B', token(B, 'orders-api', KEY_B, 'at+jwt'), 'audience_mismatch'],
  ['the type of A at B', token(B, 'billing-api', KEY_B), 'type_not_allowed'],
  ['an issuer that is neither', token('https://c.example.com', 'orders-api', KEY_A), 'issuer_mismatch'],
  ['an issuer that is nearly A', token(`${A}/`, 'orders-api', KEY_A), 'issuer_mismatch'],
  ['a name of the prototype', token('__proto__', 'orders-api', KEY_A), 'issuer_mismatch'],
  ['both', token([A, B], 'orders-api', KEY_A), 'claim_invalid'],
])('%s is refused', async (_, forged, code) => {
  expect(await verdict(verifier.verify(forged))).toBe(code);
});

test("a token that is nobody's is told of once, and fetches nothing", async () => {
  await verdict(verifier.verify(token('https://c.example.com', 'orders-api', KEY_A)));
  expect(asked).toEqual([]);
  expect(events).toEqual([
    { type: 'refused', issuer: undefined, code: 'issuer_mismatch', claim: 'iss', reason: 'rejected' },
  ]);
});

test('hydrate fetches every set', async () => {
  const fresh = createVerifiers(
    [A, B].map((issuer) => ({ ...common, issuer, audience: 'x', algorithms: ['ES256'] as const })),
  );
  await fresh.hydrate();
  expect(asked.toSorted()).toEqual(Object.keys(SETS).toSorted());
});

describe('is refused when it is made:', () => {
  const one = { issuer: A, audience: 'x', algorithms: ['ES256'] as const };
  test.each([
    ['nobody', [], 'there must be at least one issuer'],
    ['an issuer twice', [one, { ...one, jwksUrl: 'https://other.example' }], 'each issuer must be there once'],
    [
      'two issuers with the same keys',
      [
        { ...one, jwksUrl: 'https://keys.example/set' },
        { ...one, issuer: B, jwksUrl: 'https://KEYS.example:443/set' },
      ],
      'each issuer must have a jwksUrl of its own',
    ],
    [
      'two issuers with the same keys, at a host with the dot of the root',
      [
        { ...one, jwksUrl: 'https://keys.example/set' },
        { ...one, issuer: B, jwksUrl: 'https://b@keys.example./set' },
      ],
      'each issuer must have a jwksUrl of its own',
    ],
  ])('%s', (_, options, message) => {
    expect(() => createVerifiers(options)).toThrow(new TypeError(message));
  });
});
