/** Key pairs for the simulated KMS: as random as KMS makes them, or the same in every run of a seed. */
import { constants, createECDH, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Algorithm, facts } from '../core/algorithms.ts';
import type { Dice } from './random.ts';

export function generateKey(algorithm: Algorithm): KeyObject {
  const kind = facts(algorithm);
  if (kind.kty === 'RSA') return generateKeyPairSync('rsa', { modulusLength: kind.modulusBits }).privateKey;
  if (kind.kty === 'EC') return generateKeyPairSync('ec', { namedCurve: kind.crv }).privateKey;
  if (kind.kty === 'OKP') return generateKeyPairSync('ed25519').privateKey;
  return generateKeyPairSync(algorithm.toLowerCase() as 'ml-dsa-44').privateKey;
}

const CURVES = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' } as const;
/** RFC 8410 §7: PKCS #8 around the 32 bytes of an Ed25519 seed. */
const ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A pair that follows from the dice. Only of the kinds whose private key is a number of one's own choosing. */
export function deriveKey(algorithm: Algorithm, dice: Dice): KeyObject {
  const kind = facts(algorithm);
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => dice.between(0, 255)));
  if (kind.kty === 'OKP') {
    const key = Buffer.concat([ED25519_PREFIX, bytes(32)]);
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  }
  if (kind.kty !== 'EC') throw new Error(`no ${algorithm} key follows from a seed; ES256, ES384, ES512 and EdDSA do`);
  const size = kind.coordinateBytes;
  const ecdh = createECDH(CURVES[kind.crv]);
  const d = bytes(size);
  // Below every curve's order, and not 0.
  d[0] = 0;
  d[size - 1] = (d[size - 1] ?? 0) | 1;
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey();
  const base64url = (part: Buffer) => part.toString('base64url');
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: kind.crv,
      d: base64url(d),
      x: base64url(point.subarray(1, 1 + size)),
      y: base64url(point.subarray(1 + size)),
    },
  });
}

export function rawSignature(privateKey: KeyObject, algorithm: Algorithm, message: Uint8Array): Uint8Array {
  const { digest } = facts(algorithm);
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return sign(digest === 'none' ? null : digest, message, {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
    ...(algorithm.startsWith('PS') && pss),
  });
}
