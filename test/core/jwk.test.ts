import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, test } from 'vitest';
import { ALGORITHM_NAMES, ALGORITHMS, type Algorithm, facts } from '../../lib/core/algorithms.ts';
import { isPublicJwk, jwkFault, jwkFromSpki, type PublicJwk, thumbprint } from '../../lib/core/jwk.ts';
import { refused } from './refused.ts';

const pair = (algorithm: Algorithm) => {
  const fact = facts(algorithm);
  switch (fact.kty) {
    case 'RSA':
      return generateKeyPairSync('rsa', { modulusLength: fact.modulusBits });
    case 'EC':
      return generateKeyPairSync('ec', { namedCurve: fact.crv });
    case 'OKP':
      return generateKeyPairSync('ed25519');
    case 'AKP':
      // The names of node:crypto are the algorithms' own, in lower case.
      return generateKeyPairSync(algorithm.toLowerCase() as 'ml-dsa-44');
  }
};
const spki = (key: KeyObject) => key.export({ format: 'der', type: 'spki' });
const KEYS = new Map(ALGORITHM_NAMES.map((algorithm) => [algorithm, pair(algorithm)]));
const keyOf = (algorithm: Algorithm) => KEYS.get(algorithm) ?? pair(algorithm);
const jwkOf = (algorithm: Algorithm) => jwkFromSpki(spki(keyOf(algorithm).publicKey), algorithm);

describe('thumbprint', () => {
  test('RFC 7638 §3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const key = { kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' } as const;
    expect(thumbprint(key)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  test('RFC 8037 A.3', () => {
    const key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' } as const;
    expect(thumbprint(key)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  test.each(ALGORITHM_NAMES)('%s: as jose computes it', async (algorithm) => {
    const jwk = jwkOf(algorithm);
    expect(jwk.kid).toBe(await calculateJwkThumbprint({ ...jwk }));
    expect(jwk.kid).toMatch(/^[\w-]{43}$/);
  });

  test('the algorithm of an RSA key is no part of its name, that of an ML-DSA key is', () => {
    const key = spki(keyOf('RS256').publicKey);
    expect(jwkFromSpki(key, 'PS512').kid).toBe(jwkFromSpki(key, 'RS256').kid);
    const pub = { kty: 'AKP', pub: 'AA' } as const;
    expect(thumbprint({ ...pub, alg: 'ML-DSA-44' })).not.toBe(thumbprint({ ...pub, alg: 'ML-DSA-65' }));
  });
});

describe('jwkFromSpki', () => {
  test.each(ALGORITHM_NAMES)('%s: what node:crypto exports, named, in a fixed order', (algorithm) => {
    const { publicKey } = keyOf(algorithm);
    const jwk = jwkOf(algorithm);
    expect(jwk).toEqual({ ...publicKey.export({ format: 'jwk' }), kid: thumbprint(jwk), use: 'sig', alg: algorithm });
    const members = { RSA: 'n,e', EC: 'crv,x,y', OKP: 'crv,x', AKP: 'pub' }[jwk.kty];
    expect(Object.keys(jwk).join()).toBe(`kty,kid,use,alg,${members}`);
    expect(isPublicJwk(jwk)).toBe(true);
  });

  test.each(['ES256', 'ES384', 'ES512'] as const)('%s: leading zeros of both coordinates are kept', (algorithm) => {
    const { crv, coordinateBytes } = ALGORITHMS[algorithm];
    const found = { x: false, y: false };
    for (let tries = 0; tries < 20_000 && !(found.x && found.y); tries += 1) {
      const der = spki(generateKeyPairSync('ec', { namedCurve: crv }).publicKey);
      const point = der.subarray(-2 * coordinateBytes);
      const [x, y] = [point.subarray(0, coordinateBytes), point.subarray(coordinateBytes)];
      if (x[0] !== 0 && y[0] !== 0) continue;
      found.x ||= x[0] === 0;
      found.y ||= y[0] === 0;
      expect(jwkFromSpki(der, algorithm)).toMatchObject({ x: x.toString('base64url'), y: y.toString('base64url') });
    }
    expect(found).toEqual({ x: true, y: true });
  });

  test('a key of every other algorithm is refused, except among RSA', () => {
    for (const wanted of ALGORITHM_NAMES) {
      for (const actual of ALGORITHM_NAMES) {
        if (wanted === actual || (facts(wanted).kty === 'RSA' && facts(actual).kty === 'RSA')) continue;
        const error = refused(() => jwkFromSpki(spki(keyOf(actual).publicKey), wanted));
        expect(error.code, `${actual} for ${wanted}`).toBe('kms_answer_wrong');
        expect(error.message).toMatch(/must/);
      }
    }
  });

  test.each([
    ['a modulus of 2047 bits', () => generateKeyPairSync('rsa', { modulusLength: 2047 }), /n must have 2048 bits/],
    [
      'a modulus of 2056 bits',
      () => generateKeyPairSync('rsa', { modulusLength: 2056 }),
      /n must have 256 bytes, got 257/,
    ],
    [
      'a modulus of 1024 bits',
      () => generateKeyPairSync('rsa', { modulusLength: 1024 }),
      /n must have 256 bytes, got 128/,
    ],
    [
      'a modulus of 3072 bits',
      () => generateKeyPairSync('rsa', { modulusLength: 3072 }),
      /n must have 256 bytes, got 384/,
    ],
    [
      'an exponent of 3',
      () => generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }),
      /e must be 65537/,
    ],
    ['RSASSA-PSS of RFC 4055', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }), /must be/],
    ['Ed448', () => generateKeyPairSync('ed448'), /kty must be RSA for RS256, got OKP/],
    ['X25519', () => generateKeyPairSync('x25519'), /kty must be RSA for RS256, got OKP/],
    ['secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }), /kty must be RSA/],
  ])('%s is refused for RS256', (_name, make, message) => {
    const error = refused(() => jwkFromSpki(spki(make().publicKey), 'RS256'));
    expect(error.code).toBe('kms_answer_wrong');
    expect(error.message).toMatch(message);
  });

  test('other curves of the same kind are refused', () => {
    const k1 = spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey);
    expect(refused(() => jwkFromSpki(k1, 'ES256')).message).toMatch(/crv must be P-256, got secp256k1/);
    const x25519 = spki(generateKeyPairSync('x25519').publicKey);
    expect(refused(() => jwkFromSpki(x25519, 'EdDSA')).message).toMatch(/crv must be Ed25519, got X25519/);
    const ed448 = spki(generateKeyPairSync('ed448').publicKey);
    expect(refused(() => jwkFromSpki(ed448, 'EdDSA')).message).toMatch(/crv must be Ed25519, got Ed448/);
  });

  test.each(ALGORITHM_NAMES)('%s: bytes that are missing, that follow or that are not DER are refused', (algorithm) => {
    const der = spki(keyOf(algorithm).publicKey);
    for (const bytes of [
      Buffer.alloc(0),
      der.subarray(0, -1),
      Buffer.concat([der, Buffer.from([0])]),
      Buffer.from(keyOf(algorithm).publicKey.export({ format: 'pem', type: 'spki' })),
      keyOf(algorithm).privateKey.export({ format: 'der', type: 'pkcs8' }),
    ]) {
      expect(refused(() => jwkFromSpki(bytes, algorithm)).code).toBe('kms_answer_wrong');
    }
  });

  test('a length that is not in its shortest form is refused', () => {
    const der = spki(keyOf('ES256').publicKey);
    const ber = Buffer.concat([Buffer.from([0x30, 0x81]), der.subarray(1)]);
    expect(refused(() => jwkFromSpki(ber, 'ES256')).code).toBe('kms_answer_wrong');
  });

  test('a point that is not on the curve is refused', () => {
    const der = Buffer.from(spki(keyOf('ES256').publicKey));
    der.writeUInt8((der.at(-1) ?? 0) ^ 1, der.length - 1);
    expect(refused(() => jwkFromSpki(der, 'ES256')).code).toBe('kms_answer_wrong');
  });
});

describe('lint', () => {
  test.each(ALGORITHM_NAMES)('%s: the order of members does not matter to a store', (algorithm) => {
    expect(jwkFault(Object.fromEntries(Object.entries(jwkOf(algorithm)).reverse()))).toBeUndefined();
  });

  test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])('the private member %s is refused', (member) => {
    for (const algorithm of ['RS256', 'ES256', 'EdDSA', 'ML-DSA-44'] as const) {
      const fault = jwkFault({ ...jwkOf(algorithm), [member]: 'AA' });
      expect(fault).toBe(`a public jwk must not have the private member ${member}`);
    }
  });

  test.each(['RS256', 'ES256', 'ES512', 'EdDSA', 'ML-DSA-44'] as const)('%s: a private key is refused', (algorithm) => {
    const { privateKey } = keyOf(algorithm);
    expect(isPublicJwk({ ...jwkOf(algorithm), ...privateKey.export({ format: 'jwk' }) })).toBe(false);
  });

  const es256: Record<string, unknown> = { ...jwkOf('ES256') };
  const rs256: Record<string, unknown> = { ...jwkOf('RS256') };
  const eddsa: Record<string, unknown> = { ...jwkOf('EdDSA') };
  const without = (jwk: Record<string, unknown>, member: string) =>
    Object.fromEntries(Object.entries(jwk).filter(([name]) => name !== member));
  const zeros = (bytes: number) => Buffer.alloc(bytes).toString('base64url');
  const x = String(es256.x);
  test.each<[string, unknown, RegExp]>([
    ['null', null, /must be an object/],
    ['an array', [], /must be an object/],
    ['a string', 'jwk', /must be an object/],
    ['no alg', without(es256, 'alg'), /alg must be one that keyturn signs with/],
    ['alg none', { ...es256, alg: 'none' }, /alg must be/],
    ['alg HS256', { ...es256, alg: 'HS256' }, /alg must be/],
    ['an inherited name as alg', { ...es256, alg: 'toString' }, /alg must be/],
    ['alg of another family', { ...es256, alg: 'RS256' }, /kty must be RSA for RS256/],
    ['alg of another curve', { ...es256, alg: 'ES384' }, /crv must be P-384/],
    ['no use', without(es256, 'use'), /the members must be/],
    ['use enc', { ...es256, use: 'enc' }, /use must be sig/],
    ['use and key_ops', { ...es256, key_ops: ['verify'] }, /the members must be/],
    ['x5c', { ...es256, x5c: [] }, /the members must be/],
    ['no kid', without(es256, 'kid'), /the members must be/],
    ['the kid of another key', { ...es256, kid: eddsa.kid }, /kid must be the thumbprint/],
    ['no y', without(es256, 'y'), /the members must be/],
    ['x that is no string', { ...es256, x: 7 }, /x must be a string/],
    ['x with padding', { ...es256, x: `${x}=` }, /x must be base64url without padding/],
    ['x with stray bits', { ...es256, x: `${x.slice(0, -1)}${x.endsWith('B') ? 'D' : 'B'}` }, /x must be base64url/],
    ['x in base64', { ...es256, x: `+/${x.slice(2)}` }, /x must be base64url/],
    ['x too short', { ...es256, x: zeros(31) }, /x must have 32 bytes, got 31/],
    ['y too long', { ...es256, y: zeros(33) }, /y must have 32 bytes, got 33/],
    ['n with a leading zero', { ...rs256, n: zeros(256) }, /n must have 2048 bits/],
    ['n with an octet more', { ...rs256, n: zeros(257) }, /n must have 256 bytes, got 257/],
    ['e of 3', { ...rs256, e: 'Aw' }, /e must be 65537/],
    ['e with a leading zero', { ...rs256, e: 'AAEAAQ' }, /e must be 65537/],
    ['an Ed25519 x of 33 bytes', { ...eddsa, x: zeros(33) }, /x must have 32 bytes/],
    ['an ML-DSA key of another size', { ...jwkOf('ML-DSA-65'), pub: zeros(1312) }, /pub must have 1952 bytes/],
  ])('%s is refused', (_name, jwk, fault) => {
    expect(jwkFault(jwk)).toMatch(fault);
    expect(isPublicJwk(jwk)).toBe(false);
  });

  test('the types tell the families apart', () => {
    const jwk: PublicJwk = jwkOf('ES256');
    expect(jwk.kty === 'EC' ? jwk.crv : undefined).toBe('P-256');
  });
});
