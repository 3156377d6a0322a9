/** The key specifications that KMS signs with, and what it signs with each (KMS Developer Guide, "Key spec reference"). */
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair) as unknown as (
  type: string,
  options: object,
) => Promise<{ privateKey: KeyObject }>;

interface KeySpecFacts {
  readonly signingAlgorithms: readonly string[];
  /** On libuv's threads: four RSA primes of 4096 bits take seconds, and the server has others to answer. */
  readonly generate: () => Promise<{ privateKey: KeyObject }>;
}

const SHA2 = ['SHA_256', 'SHA_384', 'SHA_512'];

const rsa = (modulusLength: number): KeySpecFacts => ({
  signingAlgorithms: [...SHA2.map((hash) => `RSASSA_PKCS1_V1_5_${hash}`), ...SHA2.map((hash) => `RSASSA_PSS_${hash}`)],
  generate: () => generate('rsa', { modulusLength }),
});
const ecc = (namedCurve: string, hash: string): KeySpecFacts => ({
  signingAlgorithms: [`ECDSA_${hash}`],
  generate: () => generate('ec', { namedCurve }),
});
const mlDsa = (type: string): KeySpecFacts => ({
  signingAlgorithms: ['ML_DSA_SHAKE_256'],
  generate: () => generate(type, {}),
});

const KEY_SPECS = new Map<string, KeySpecFacts>([
  ['RSA_2048', rsa(2048)],
  ['RSA_3072', rsa(3072)],
  ['RSA_4096', rsa(4096)],
  ['ECC_NIST_P256', ecc('P-256', 'SHA_256')],
  ['ECC_NIST_P384', ecc('P-384', 'SHA_384')],
  ['ECC_NIST_P521', ecc('P-521', 'SHA_512')],
  // KMS has ED25519_PH_SHA_512 too; JOSE has no name for it.
  ['ECC_NIST_EDWARDS25519', { signingAlgorithms: ['ED25519_SHA_512'], generate: () => generate('ed25519', {}) }],
  ['ML_DSA_44', mlDsa('ml-dsa-44')],
  ['ML_DSA_65', mlDsa('ml-dsa-65')],
  ['ML_DSA_87', mlDsa('ml-dsa-87')],
]);

export const keySpecFacts = (keySpec: string): KeySpecFacts | undefined => KEY_SPECS.get(keySpec);

/** What KMS also makes and this does not. */
export const OTHER_KEY_SPECS = new Set([
  'SYMMETRIC_DEFAULT',
  'HMAC_224',
  'HMAC_256',
  'HMAC_384',
  'HMAC_512',
  'ECC_SECG_P256K1',
  'SM2',
  'ML_KEM_512',
  'ML_KEM_768',
  'ML_KEM_1024',
]);

export const ALL_SIGNING_ALGORITHMS = new Set([
  ...[...KEY_SPECS.values()].flatMap((facts) => facts.signingAlgorithms),
  'ED25519_PH_SHA_512',
  'SM2DSA',
]);
