/** What the inspector makes of a token: the verdict of keyturn/verifier, in words that say why. */
import { describe, expect, test } from 'vitest';
import { inspect, type Surroundings } from '../../lib/page/inspect.ts';
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
