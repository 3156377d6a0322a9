/** A key of a JWKS, if it may verify: public, strong, for signatures, and for the one algorithm that it says it has. */
import type { CryptoKey, JWK } from 'jose';
import { importJWK } from 'jose/key/import';
import { type Algorithm, type AlgorithmFacts, facts, PRIVATE_MEMBERS } from '../../core/algorithms.ts';
import { isPlainObject } from '../../core/json.ts';
import { pointFault } from './ed25519.ts';

export interface VerifyingKey {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly key: CryptoKey;
}

export type Jwk = Readonly<Record<string, unknown>> & { readonly kid: string };

/** RFC 7517 §4.5. Without a name no token can ask for it. */
export const isNamed = (value: unknown): value is Jwk =>
  isPlainObject(value) && typeof value.kid === 'string' && value.kid !== '';

const MIN_MODULUS_BITS = 2048;

/** Answers with the key, or with the reason why it verifies nothing. */
export async function importKey(jwk: Jwk, algorithms: ReadonlySet<string>): Promise<VerifyingKey | string> {
  const { kid, alg } = jwk;
  // Whoever publishes a key's private half has given the key away.
  const leaked = PRIVATE_MEMBERS.find((member) => member in jwk);
  if (leaked !== undefined) return `it has the secret member ${leaked}`;
  // RFC 8725bis §3.1: one algorithm a key. One without would leave the choice to the token.
  if (typeof alg !== 'string') return 'it has no alg';
  if (!algorithms.has(alg)) return 'its alg is not one that this verifier takes';
  const algorithm = facts(alg as Algorithm);
  const fault = formFault(jwk, algorithm);
  if (fault !== undefined) return fault;
  try {
    const key = (await importJWK(keyMembers(jwk), alg, { extractable: false })) as CryptoKey;
    const { modulusLength = MIN_MODULUS_BITS } = key.algorithm as { readonly modulusLength?: number };
    // RFC 7518 §3.3, §3.5.
    if (modulusLength < MIN_MODULUS_BITS) return `n must have at least ${MIN_MODULUS_BITS} bits`;
    return { kid, alg: alg as Algorithm, key };
  } catch {
    return `it is no key for ${alg}, or this runtime has no ${alg}`;
  }
}

function formFault(jwk: Jwk, algorithm: AlgorithmFacts): string | undefined {
  const { kty, crv, e, use, key_ops } = jwk;
  if (kty !== algorithm.kty) return `kty must be ${algorithm.kty}`;
  if ('crv' in algorithm && crv !== algorithm.crv) return `crv must be ${algorithm.crv}`;
  // With e = 1 everybody can sign, and WebCrypto takes it.
  if (kty === 'RSA' && e !== 'AQAB') return 'e must be 65537 (AQAB)';
  if (use !== undefined && use !== 'sig') return 'use must be sig';
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify')))
    return 'key_ops must have verify';
  // WebCrypto would make one of an array.
  const odd = NUMBERS.find((member) => jwk[member] !== undefined && typeof jwk[member] !== 'string');
  if (odd !== undefined) return `${odd} must be a string`;
  return crv === 'Ed25519' ? pointFault(jwk.x) : undefined;
}

const NUMBERS = ['n', 'x', 'y', 'pub'] as const;

/** What makes the key, without what could bend its import. */
const keyMembers = ({ kty, n, e, crv, x, y, alg, pub }: Jwk): JWK =>
  JSON.parse(JSON.stringify({ kty, n, e, crv, x, y, alg, pub }));
