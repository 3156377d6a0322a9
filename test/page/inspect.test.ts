/** What the inspector makes of a token: the verdict of keyturn/verifier, in words that say why. */
import { describe, expect, test } from 'vitest';
import { isOutdated } from '../../lib/page/doubt.ts';
import { inspect, read, type Surroundings } from '../../lib/page/inspect.ts';
import {
  AUDIENCE,
  by,
  CLAIMS,
  forge,
  HEADER,
  ISSUER,
  JWKS,
  MALLORY_RSA,
  NOW,
  RSA,
  withClaims,
  withHeader,
} from '../sdk/verifier/forge.ts';

const asked: string[] = [];
const AROUND: Surroundings = {
  issuer: ISSUER,
  jwksUrl: `${ISSUER}/.well-known/jwks.json`,
  audience: '',
  now: NOW + 10,
  canVerify: true,
  fetch: async (url) => {
    asked.push(url);
    return Response.json(JWKS);
  },
};
const seen = (token: string, around: Partial<Surroundings> = {}) => inspect(token, { ...AROUND, ...around });

const GENUINE = forge(HEADER, CLAIMS);
const [HEAD = '', BODY = '', SIGNATURE = ''] = GENUINE.split('.');

describe('a genuine token', () => {
  test('is told, with what it says', async () => {
    const { kind, title, why, more, code, header, claims } = await seen(GENUINE);
    expect([kind, title, why, code]).toEqual(['genuine', 'Genuine', `a token of ${ISSUER}`, undefined]);
    expect(more).toEqual(['Its audience was not checked. Name yours, and it will be.']);
    expect(header).toEqual(HEADER);
    expect(claims).toEqual(CLAIMS);
  });

  test('for a named audience is told without more', async () => {
    expect(await seen(GENUINE, { audience: AUDIENCE })).toMatchObject({ kind: 'genuine', more: [] });
  });

  test.each([`  ${GENUINE}\n`, `Bearer ${GENUINE}`])('may be pasted as it comes', async (text) => {
    expect(await seen(text)).toMatchObject({ kind: 'genuine' });
  });
});

test.each<[string, string, Partial<Surroundings>, string, string, RegExp, RegExp]>([
  ['expired', GENUINE, { now: NOW + 4500 }, 'Expired', 'token_expired', /it ended at .*, 1h ago/, /signature holds/],
  [
    'expired and of another hand',
    withClaims({}, by(MALLORY_RSA)),
    { now: NOW + 4500 },
    'Expired',
    'token_expired',
    /ended/,
    /signature does not hold either/,
  ],
  ['early', GENUINE, { now: NOW - 600 }, 'Not valid yet', 'token_not_yet_valid', /in 10m/, /signature holds/],
  [
    'of another issuer',
    withClaims({ iss: 'https://evil.example' }),
    {},
    'Of another issuer',
    'issuer_mismatch',
    /it is of "https:\/\/evil.example"/,
    /signature holds/,
  ],
  ['for another audience', GENUINE, { audience: 'b' }, 'For somebody else', 'audience_mismatch', /orders-api/, /holds/],
  ['of an unknown key', withHeader({ kid: 'x' }), {}, 'Not genuine', 'key_unknown', /kid must name/, /retired.*burned/],
  [
    'changed',
    `${HEAD}.${BODY}.${SIGNATURE.replace(/^..../, 'AAAA')}`,
    {},
    'Not genuine',
    'signature_invalid',
    /signature/,
    /changed/,
  ],
  [
    'of another hand',
    withClaims({}, by(MALLORY_RSA)),
    {},
    'Not genuine',
    'signature_invalid',
    /kid names/,
    /somebody else/,
  ],
  ['of alg none', withHeader({ alg: 'none' }), {}, 'Not genuine', 'algorithm_not_allowed', /alg/, /nobody signed it/],
  [
    'of alg none, unsigned',
    `${HEAD.slice(0, 0)}${Buffer.from('{"alg":"none"}').toString('base64url')}.${BODY}.`,
    {},
    'Not genuine',
    'token_malformed',
    /compact/,
    /nobody signed it/,
  ],
  [
    'of the key’s other algorithm',
    withHeader({ alg: 'ES256' }),
    {},
    'Not genuine',
    'algorithm_mismatch',
    /alg/,
    /one algorithm/,
  ],
  [
    'of a canary',
    withHeader({ typ: 'keyturn-canary+jwt' }),
    {},
    'Not genuine',
    'type_not_allowed',
    /canary/,
    /JWT or at\+jwt/,
  ],
  ['with a key of its own', withHeader({ jwk: RSA.jwk }), {}, 'Not genuine', 'header_forbidden', /jwk/, /forgeries/],
  ['without exp', withClaims({ exp: undefined }), {}, 'Not genuine', 'claim_invalid', /exp must be/, /exp/],
  ['encrypted', 'a.b.c.d.e', {}, 'Not genuine', 'token_malformed', /compact/, /five parts.*JWE/],
  ['garbage', 'hello', {}, 'Not genuine', 'token_malformed', /compact/, /three parts.*this has 1/],
  ['cut short', GENUINE.slice(0, -1), {}, 'Not genuine', 'token_malformed', /canonical|compact/, /whole/],
])('a token %s', async (_, token, around, title, code, why, more) => {
  const found = await seen(token, around);
  expect(found).toMatchObject({ kind: 'refused', title, code, why: expect.stringMatching(why) });
  expect(found.more.join(' ')).toMatch(more);
});

describe('a token that is signed and yet not to be taken by everybody', () => {
  const TEN_YEARS = 10 * 365 * 86_400;
  test('lives longer than keyturn/verifier takes', async () => {
    const found = await seen(withClaims({ exp: NOW + TEN_YEARS }));
    expect(found).toMatchObject({ kind: 'doubtful', title: 'Signed, but it lives long', code: 'lifetime_too_long' });
    expect(found.why).toContain('it lives 3650 days: keyturn/verifier refuses more than 60 minutes');
    expect(await seen(withClaims({ exp: NOW + 3600 }))).toMatchObject({ kind: 'genuine' });
    expect(await seen(withClaims({ exp: NOW + 3601 }))).toMatchObject({ kind: 'doubtful' });
    const foreign = await seen(withClaims({ exp: NOW + TEN_YEARS }, by(MALLORY_RSA)));
    expect(foreign).toMatchObject({ kind: 'refused', code: 'signature_invalid' });
  });

  test('has expired within the leeway', async () => {
    const found = await seen(GENUINE, { now: CLAIMS.exp + 41.4 });
    expect(found).toMatchObject({ kind: 'doubtful', title: 'Just expired' });
    expect(found.why).toContain(
      'expired 41 seconds ago, still within the leeway of 60 seconds that verifiers may grant',
    );
    expect(await seen(GENUINE, { now: CLAIMS.exp - 1 })).toMatchObject({ kind: 'genuine' });
    expect(await seen(GENUINE, { now: CLAIMS.exp + 60 })).toMatchObject({ kind: 'refused', title: 'Expired' });
  });
});

test.each<[string, string, string]>([
  ['typ', withHeader({ typ: '' }), 'type_not_allowed'],
  ['iat', withClaims({ iat: 8.7e12, exp: 8.8e12 }), 'token_not_yet_valid'],
  ['nbf', withClaims({ nbf: 1e15, exp: 1e15 + 60 }), 'token_not_yet_valid'],
])('a hostile %s is refused in words, and its signature told', async (_, token, code) => {
  const found = await seen(token);
  expect(found).toMatchObject({ kind: 'refused', code });
  expect(found.more.join(' ')).toMatch(/signature holds/);
});

test('a verdict may be another one when iat, nbf or exp has passed, with the leeway and without', () => {
  const claims = { iat: 1000, nbf: 1100, exp: 2000 };
  const turns = [940, 1040, 2000, 2060];
  for (let second = 900; second < 2100; second++) {
    expect(isOutdated(claims, second - 1, second), String(second)).toBe(turns.includes(second));
  }
  expect(isOutdated(claims, 2001, 1999)).toBe(true);
  expect(isOutdated({ exp: 'soon' }, 0, 1e12)).toBe(false);
});

test('what is longer than any token is not decoded', async () => {
  const long = withClaims({ note: 'x'.repeat(20_000) });
  const found = await seen(long);
  expect(found).toMatchObject({ kind: 'refused', code: 'token_too_large', header: {}, claims: {} });
  expect(found.more.join()).toContain('not even decoded');
  expect(found.why).toContain(`at most 16384 characters, got ${long.length}`);
});

test('before the issuer’s documents are there, it is decoded and no more', async () => {
  const found = await inspect(GENUINE, undefined);
  expect(found).toMatchObject({ kind: 'unavailable', title: 'Cannot be told', claims: CLAIMS });
  expect(read(GENUINE)).toMatchObject({ kind: 'asked', header: HEADER });
});

test('nothing is nothing', async () => {
  expect(await seen(' \n')).toMatchObject({ kind: 'empty', more: [] });
});

test('what cannot be told is not called forged', async () => {
  const fetch = () => Promise.reject(new Error('offline'));
  expect(await seen(GENUINE, { fetch })).toMatchObject({ kind: 'unavailable', code: 'keys_unavailable' });
  const { kind, why, claims } = await seen(GENUINE, { canVerify: false });
  expect([kind, why]).toEqual([
    'unavailable',
    'It is only decoded: browsers verify on https pages and on localhost alone.',
  ]);
  expect(claims).toEqual(CLAIMS);
});

test('nothing but the JWKS is ever asked for', () => {
  expect(new Set(asked)).toEqual(new Set([AROUND.jwksUrl]));
});
