/**
 * Keys that a JWKS should not have, each with a token that it would verify. RFC 7517 §4, §5, §9; RFC 7518 §3.3; RFC
 * 8725bis §3.1. CVE-2026-22817 and CVE-2026-22818 (a JWK without alg).
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { by, EC, ED, hmac, RSA, signer, type TestKey, withHeader } from '../forge.ts';
import type { Attack } from './attack.ts';

export interface KeyAttack extends Attack {
  /** In a set beside a good key of another kid. */
  readonly keys: readonly object[];
  /** What the error says of it, where it is refused by name. */
  readonly fault?: string;
}

const KID = 'doubtful';
const of = (key: TestKey, change: object = {}) => ({ ...key.jwk, kid: KID, ...change });
const token = (signature = by(RSA), alg = 'RS256') => withHeader({ alg, kid: KID }, signature);

const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const SECRET = Buffer.alloc(32, 7);

/** With e = 1 the signature is the padded digest itself (RFC 8017 §9.2). */
const unsigned = (input: string) => {
  const info = Buffer.concat([
    Buffer.from('3031300d060960864801650304020105000420', 'hex'),
    createHash('sha256').update(input).digest(),
  ]);
  return Buffer.concat([Buffer.of(0, 1), Buffer.alloc(256 - 3 - info.length, 255), Buffer.of(0), info]);
};

/** With the neutral element for R and 0 for s the equation holds for every message, if A is the neutral element. */
const ANYBODYS = () => Buffer.concat([Buffer.of(1), Buffer.alloc(63)]);
const fromHex = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');
const FF = 'ff'.repeat(30);
/** The eight of order 1, 2, 4, 4 and four times 8, and those two with the sign of an x that is 0. */
const SMALL_POINTS: readonly (readonly [name: string, x: string])[] = [
  ['the neutral element', `01${'00'.repeat(31)}`],
  ['the neutral element with a sign', `01${'00'.repeat(30)}80`],
  ['the point of order 2', `ec${FF}7f`],
  ['the point of order 2 with a sign', `ec${FF}ff`],
  ['a point of order 4', '00'.repeat(32)],
  ['the other point of order 4', `${'00'.repeat(31)}80`],
  ['a point of order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['a second point of order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
  ['a third point of order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ['the last point of order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'],
];
/** y from p on: the same points again, and what some decoders make of them. */
const ODD_POINTS = [
  ['p for 0', `ed${FF}7f`],
  ['p + 1 for 1', `ee${FF}7f`],
  ['p + 1 with a sign', `ee${FF}ff`],
  ['the largest y', `ff${FF}7f`],
] as const;

const ODD_TEXTS: readonly (readonly [name: string, x?: string, gap?: string])[] = [
  ['a byte too few', String(ED.jwk.x).slice(0, 42)],
  ['a byte too many', `${ED.jwk.x}AA`],
  ['padding after x', `${ED.jwk.x}=`, 'base64 padding'],
  ['an empty x', ''],
  ['no x'],
];

const refused = { code: 'key_refused', claim: 'kid' } as const;

export const KEYS: readonly KeyAttack[] = [
  {
    ...refused,
    name: 'a symmetric key',
    fault: 'it has the secret member k',
    keys: [{ kty: 'oct', k: SECRET.toString('base64url'), kid: KID, alg: 'RS256', use: 'sig' }],
    token: token(hmac('HS256', SECRET)),
  },
  {
    ...refused,
    name: 'a private key',
    fault: 'it has the secret member d',
    keys: [of(RSA, RSA.privateKey.export({ format: 'jwk' }))],
    token: token(),
  },
  {
    ...refused,
    name: 'RSA of 1024 bits',
    fault: 'n must have at least 2048 bits',
    keys: [{ ...weak.publicKey.export({ format: 'jwk' }), kid: KID, alg: 'RS256' }],
    token: token(signer('RS256', weak.privateKey)),
  },
  {
    ...refused,
    name: 'RSA with e = 1',
    fault: 'e must be 65537 (AQAB)',
    keys: [of(RSA, { e: 'AQ' })],
    token: token(unsigned),
    gap: 'an RSA key with e = 1: everybody can sign',
  },
  {
    ...refused,
    name: 'a key without alg',
    fault: 'it has no alg',
    keys: [of(RSA, { alg: undefined })],
    token: token(),
    gap: 'a key without `alg`: the token chooses among those of its type',
  },
  {
    ...refused,
    name: 'alg of another type',
    fault: 'kty must be RSA',
    keys: [of(EC, { alg: 'RS256' })],
    token: token(by(EC), 'ES256'),
  },
  {
    ...refused,
    name: 'alg that is not pinned',
    fault: 'its alg is not one that this verifier takes',
    keys: [of(RSA, { alg: 'PS256' })],
    token: token(),
  },
  {
    ...refused,
    name: 'alg none',
    fault: 'its alg is not one that this verifier takes',
    keys: [of(RSA, { alg: 'none' })],
    token: token(),
  },
  { ...refused, name: 'alg an array', fault: 'it has no alg', keys: [of(RSA, { alg: ['RS256'] })], token: token() },
  {
    ...refused,
    name: 'a key for encryption',
    fault: 'use must be sig',
    keys: [of(RSA, { use: 'enc' })],
    token: token(),
  },
  {
    ...refused,
    name: 'a key that signs only',
    fault: 'key_ops must have verify',
    keys: [of(RSA, { key_ops: ['sign'] })],
    token: token(),
  },
  {
    ...refused,
    name: 'key_ops a string',
    fault: 'key_ops must have verify',
    keys: [of(RSA, { key_ops: 'verify' })],
    token: token(),
  },
  {
    ...refused,
    name: 'a point off the curve',
    fault: 'it is no key for ES256, or this runtime has no ES256',
    keys: [of(EC, { y: EC.jwk.x })],
    token: token(by(EC), 'ES256'),
  },
  {
    ...refused,
    name: 'another curve',
    fault: 'crv must be P-256',
    keys: [of(EC, { crv: 'P-384' })],
    token: token(by(EC), 'ES256'),
  },
  {
    ...refused,
    name: 'a type that nobody knows',
    fault: 'kty must be RSA',
    keys: [of(RSA, { kty: 'XYZ' })],
    token: token(),
  },
  {
    ...refused,
    name: 'no modulus',
    fault: 'it is no key for RS256, or this runtime has no RS256',
    keys: [of(RSA, { n: undefined })],
    token: token(),
  },
  {
    ...refused,
    name: 'a modulus that is a number',
    fault: 'n must be a string',
    keys: [of(RSA, { n: 1 })],
    token: token(),
  },
  {
    ...refused,
    name: 'a modulus in an array',
    fault: 'n must be a string',
    keys: [of(RSA, { n: [RSA.jwk.n] })],
    token: token(),
    gap: 'a key whose modulus or coordinate is an array of one string',
  },
  {
    ...refused,
    name: 'a coordinate in an array',
    fault: 'x must be a string',
    keys: [of(EC, { x: [EC.jwk.x] })],
    token: token(by(EC), 'ES256'),
    gap: 'a key whose modulus or coordinate is an array of one string',
  },
  {
    ...refused,
    name: 'a kid that stands twice',
    fault: 'its kid stands twice in the set',
    keys: [of(RSA), of(EC)],
    token: token(),
    gap: 'two keys of one `kid`',
  },
  {
    ...refused,
    name: 'a kid that stands three times',
    fault: 'its kid stands twice in the set',
    keys: [of(RSA), of(EC), of(RSA)],
    token: token(),
  },
  ...SMALL_POINTS.map(([name, x]) => ({
    ...refused,
    name: `Ed25519: ${name}`,
    fault: 'x must not be a point of small order',
    keys: [of(ED, { x: fromHex(x) })],
    token: token(ANYBODYS, 'EdDSA'),
  })),
  ...ODD_POINTS.map(([name, x]) => ({
    ...refused,
    name: `Ed25519: ${name}`,
    fault: 'x must be a point as RFC 8032 encodes it',
    keys: [of(ED, { x: fromHex(x) })],
    token: token(ANYBODYS, 'EdDSA'),
  })),
  ...ODD_TEXTS.map(([name, x, gap]) => ({
    ...refused,
    name: `Ed25519: ${name}`,
    fault: 'x must be 32 bytes in base64url',
    keys: [of(ED, { x })],
    token: token(by(ED), 'EdDSA'),
    ...(gap !== undefined && { gap }),
  })),
  { code: 'key_unknown', claim: 'kid', name: 'a key without kid', keys: [of(RSA, { kid: undefined })], token: token() },
  { code: 'key_unknown', claim: 'kid', name: 'a kid that is a number', keys: [of(RSA, { kid: 1 })], token: token() },
];
