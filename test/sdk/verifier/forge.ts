/** An issuer's keys, an attacker's keys, and tokens put together by hand: every byte is the test's. */
import {
  constants,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  type SignKeyObjectInput,
  sign as signWith,
} from 'node:crypto';

export const ISSUER = 'https://auth.example.com';
export const AUDIENCE = 'orders-api';
/** Seconds since 1970: every token here is of this instant. */
export const NOW = 1_795_000_000;

export interface TestKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As it stands in a JWKS. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

export function testKey(alg: string, kid: string): TestKey {
  const { privateKey, publicKey } = pair(alg);
  return { kid, alg, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg } };
}

function pair(alg: string): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  switch (alg) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'ES384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' });
    case 'ES512':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' });
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
    case 'ML-DSA-44':
    case 'ML-DSA-65':
    case 'ML-DSA-87':
      return generateKeyPairSync(alg.toLowerCase() as 'ml-dsa-44');
    default:
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
  }
}

/** The one that signs, and one of each other kind in the same set. */
export const RSA = testKey('RS256', 'rsa-2026');
export const EC = testKey('ES256', 'ec-2026');
export const ED = testKey('EdDSA', 'ed-2026');
export const MALLORY_RSA = testKey('RS256', 'mallory-rsa');
export const MALLORY_EC = testKey('ES256', 'mallory-ec');
export const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;
export const JWKS = { keys: [RSA.jwk, EC.jwk, ED.jwk] };

export const HEADER = { alg: 'RS256', kid: RSA.kid, typ: 'JWT' };
export const CLAIMS = {
  iss: ISSUER,
  sub: 'svc:checkout',
  aud: AUDIENCE,
  iat: NOW,
  exp: NOW + 900,
  jti: '5e0c5f7e-8c43-4c2b-9b5e-0d7a1d1b6a55',
};

/** A string is taken as it is, so that it can be no JSON; bytes likewise. */
export type Part = object | string | Uint8Array;

export const base64url = (part: Part): string =>
  Buffer.from(part instanceof Uint8Array || typeof part === 'string' ? part : JSON.stringify(part)).toString(
    'base64url',
  );

/** Already encoded segments, whatever is in them, with a true signature over them. */
export const signed = (header: string, payload: string, signature: (input: string) => Uint8Array | string): string => {
  const made = signature(`${header}.${payload}`);
  return `${header}.${payload}.${typeof made === 'string' ? made : Buffer.from(made).toString('base64url')}`;
};

/** A token of these parts with a true signature: by the issuer's RSA key, unless another signer is given. */
export const forge = (header: Part, payload: Part, signature = by(RSA)): string =>
  signed(base64url(header), base64url(payload), signature);

/** What the issuer would sign, with some of it changed; `undefined` leaves a member out. */
export const withHeader = (change: object, signature = by(RSA)): string =>
  forge({ ...HEADER, ...change }, CLAIMS, signature);
export const withClaims = (change: object, signature = by(RSA)): string =>
  forge(HEADER, { ...CLAIMS, ...change }, signature);
/** The claims as text, with some of it replaced: for what JSON.stringify does not write. */
export const withText = (from: string | RegExp, to: string): string =>
  forge(HEADER, JSON.stringify(CLAIMS).replace(from, to));

export const by = (key: Pick<TestKey, 'alg' | 'privateKey'>) => signer(key.alg, key.privateKey);

/** A JOSE signature by `alg`, whether the key is meant for it or not. */
export function signer(alg: string, key: KeyObject): (input: string) => Uint8Array {
  const hash = alg === 'EdDSA' || alg.startsWith('ML-DSA') ? null : `sha${alg.slice(-3)}`;
  const options: SignKeyObjectInput = { key };
  if (alg.startsWith('ES')) options.dsaEncoding = 'ieee-p1363';
  if (alg.startsWith('PS')) {
    options.padding = constants.RSA_PKCS1_PSS_PADDING;
    options.saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  }
  return (input) => signWith(hash, Buffer.from(input), options);
}

export const hmac = (alg: string, secret: string | Uint8Array) => (input: string) =>
  createHmac(`sha${alg.slice(-3)}`, secret)
    .update(input)
    .digest();

export const bytes =
  (length: number, fill = 0) =>
  () =>
    new Uint8Array(length).fill(fill);
