import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { thumbprint } from '../../lib/core/jwk.ts';
import { type Fetched, lintJwks } from '../../lib/core/jwks-lint.ts';
import { VERIFIERS } from '../../lib/core/verifiers.ts';

const publicJwk = (type: 'rsa' | 'ec', bits = 2048) => {
  const { publicKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: bits })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return publicKey.export({ format: 'jwk' }) as Record<string, string>;
};
const named = (jwk: Record<string, string>, alg: string): Record<string, string> => ({
  ...jwk,
  kid: thumbprint({ ...jwk, alg } as never),
  use: 'sig',
  alg,
});
const RSA = named(publicJwk('rsa'), 'RS256');
const EC = named(publicJwk('ec'), 'ES256');

const served = (body: unknown, more: Partial<Fetched> = {}): Fetched => ({
  url: 'https://auth.example.com/.well-known/jwks.json',
  status: 200,
  contentType: 'application/json; charset=utf-8',
  cacheControl: 'public, max-age=300',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  ...more,
});
const said = (fetched: Fetched, verifiers = [] as (typeof VERIFIERS)['alb'][]) =>
  lintJwks(fetched, verifiers).map(({ severity, what }) => `${severity === 'error' ? '!' : '-'} ${what}`);
const ofKey = (key: unknown) => said(served({ keys: [key] }));

test('a sound set has no remarks', () => {
  expect(said(served({ keys: [RSA, EC], documentVersion: 7 }), [VERIFIERS.jose])).toEqual([]);
});

describe('the answer', () => {
  test.each<[Partial<Fetched>, RegExp]>([
    [{ status: 302 }, /^! it must answer 200 and without a redirect, got 302$/],
    [{ url: 'http://auth.example.com/jwks' }, /^! it must be served over https/],
    [{ contentType: 'text/html' }, /^- content-type should be .*, got text\/html$/],
    [{ cacheControl: undefined }, /^- without cache-control max-age/],
    [{ cacheControl: 'no-store' }, /^- cache-control no-store has every verifier fetch every time$/],
    [{ cacheControl: 'max-age=604800' }, /^- max-age=604800 keeps a burned key/],
  ])('%j', (change, expected) => {
    expect(said(served({ keys: [RSA] }, change))).toEqual([expect.stringMatching(expected)]);
  });
  test.each<[string, RegExp]>([
    ['<html>', /^! it is not JSON$/],
    ['[]', /^! it must be an object with an array keys$/],
    ['{"keys":[],"keys":[]}', /^! member "?keys"? must occur once$/],
    ['{"keys":[]}', /^! the set is empty/],
  ])('%s', (body, expected) => {
    expect(said(served(body))).toEqual([expect.stringMatching(expected)]);
  });
  test('more than ALB takes', () => {
    expect(said(served({ keys: [RSA], filler: 'x'.repeat(150_000) }))).toEqual([
      expect.stringMatching(/at most 150000/),
    ]);
  });
});

describe('a key', () => {
  const { kid: _, alg: __, use: ___, ...bare } = EC;
  test.each<[string, unknown, RegExp]>([
    ['is no object', 'x', /it must be an object/],
    ['is private', { ...EC, d: 'AA' }, /! .*private member d/],
    ['is symmetric', { kty: 'oct', kid: 'a', k: 'AA', alg: 'HS256', use: 'sig' }, /! .*everybody can sign/],
    ['has no kid', { ...bare, alg: 'ES256', use: 'sig' }, /! key number 1: without a kid/],
    ['has no alg', { ...bare, kid: 'a', use: 'sig' }, /! .*the token chooses the algorithm/],
    ['has an alg of another kind', { ...EC, alg: 'RS256' }, /! .*kty must be RSA for RS256/],
    ['has an alg of another curve', { ...EC, alg: 'ES384' }, /! .*crv must be P-384 for ES384/],
    ['is not for signatures', { ...EC, use: 'enc' }, /! .*use must be sig/],
    ['says it twice', { ...EC, key_ops: ['verify'] }, /- .*use and key_ops/],
    ['is not for verifying', { ...EC, use: undefined, key_ops: ['sign'] }, /! .*key_ops must have verify/],
    ['has a short coordinate', { ...EC, x: 'AAAA' }, /! .*x must have 32 bytes, got 3/],
    ['has padding', { ...EC, x: `${EC.x}=` }, /! .*x must be base64url without padding/],
    ['is weak', named(publicJwk('rsa', 1024), 'RS256'), /! .*at least 2048 bits, got 1024/],
    [
      'has a leading zero',
      { ...RSA, n: Buffer.concat([Buffer.alloc(3), Buffer.from(RSA.n ?? '', 'base64url')]).toString('base64url') },
      /! .*n begins with a zero octet/,
    ],
    ['has e = 3', { ...RSA, e: 'Aw' }, /! .*e must be AQAB/],
    ['is of a kind that nobody knows', { kty: 'NEW', kid: 'a', alg: 'NEW1', use: 'sig' }, /- .*kty "NEW" is not known/],
    ['has another name', { ...EC, kid: '2026-11' }, /- .*kid is not the thumbprint/],
  ])('that %s', (_what, key, expected) => {
    expect(ofKey(key).join('\n')).toMatch(expected);
  });
  test('that is there twice', () => {
    expect(said(served({ keys: [EC, EC] }))).toEqual([`! kid ${EC.kid} occurs more than once`]);
  });
});

test('what each verifier would make of it', () => {
  const many = Array.from({ length: 11 }, () => named(publicJwk('ec'), 'RS256')).map((key) => ({
    ...RSA,
    kid: key.kid,
  }));
  expect(said(served({ keys: many }), [VERIFIERS.alb]).join()).toContain('takes at most 10 keys, there are 11');
  expect(said(served({ keys: [EC] }), [VERIFIERS.alb])).toEqual([
    `! Application Load Balancer does not take ES256, the algorithm of key ${EC.kid}`,
  ]);
  const akp = { kty: 'AKP', kid: 'a', use: 'sig', alg: 'ML-DSA-44', pub: Buffer.alloc(1312).toString('base64url') };
  expect(said(served({ keys: [akp] }), [VERIFIERS.keyfunc]).join()).toContain(
    'rejects the whole set over key a of kty AKP',
  );
});
