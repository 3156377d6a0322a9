/**
 * Which keys of another issuer may stand in this one's JWKS: public, strong, of one algorithm that every declared verifier
 * takes, under the very name that its tokens have. What is stored is put together anew, so that nothing else comes along.
 */
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { ALGORITHMS, type Algorithm, facts } from './algorithms.ts';
import type { Policy } from './config.ts';
import { KeyturnError } from './errors.ts';
import { isPlainObject } from './json.ts';
import type { PublicJwk } from './jwk.ts';
import { lintKey } from './key-lint.ts';

const MEMBERS = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'], AKP: ['pub'] } as const;
/** It goes into documents, logs and sentences. */
const KID = /^[\x21-\x7e]{1,200}$/;

/** @throws KeyturnError `invalid_member` with the path of the first key that may not be published */
export function readForeignKeys(value: unknown, policy: Pick<Policy, 'verifiers'>): PublicJwk[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new KeyturnError('invalid_member', 'keys must be an array of at least one JWK', { path: '/keys' });
  }
  const keys = value.map((key, index) => {
    const fault = faultOf(key, policy);
    if (fault !== undefined) throw new KeyturnError('invalid_member', fault, { path: `/keys/${index}` });
    return rewritten(key as PublicJwk);
  });
  const twice = keys.find(({ kid }, index) => keys.findIndex((other) => other.kid === kid) !== index);
  if (twice) throw new KeyturnError('invalid_member', `kid ${twice.kid} must occur once`, { path: '/keys' });
  return keys;
}

function faultOf(key: unknown, { verifiers = [] }: Pick<Policy, 'verifiers'>): string | undefined {
  if (!isPlainObject(key)) return 'a key must be an object';
  const { kid, alg } = key;
  if (typeof kid !== 'string' || !KID.test(kid)) return 'a key must have a kid of 1 to 200 printable ASCII characters';
  const error = lintKey(key, `key ${kid}`).find(({ severity }) => severity === 'error');
  if (error) return `${error.what} (${error.rule})`;
  if (typeof alg !== 'string' || !Object.hasOwn(ALGORITHMS, alg)) return `key ${kid}: alg ${alg} is not supported`;
  const { kty } = facts(alg as Algorithm);
  for (const verifier of verifiers) {
    const isForeign = verifier.rejectsUnknownKeyTypes && kty === 'AKP';
    if (isForeign) return `key ${kid}: ${verifier.title} rejects a whole JWKS over one ${alg} key`;
    if (!verifier.algorithms.includes(alg as Algorithm)) return `key ${kid}: ${verifier.title} does not take ${alg}`;
  }
  return isPoint(key) ? undefined : `key ${kid} is no public key of its kind`;
}

/** Width and spelling say nothing of whether a point lies on its curve. */
function isPoint(key: Readonly<Record<string, unknown>>): boolean {
  if (key.kty === 'AKP') return true;
  try {
    createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}

/** RFC 7517 §4: whatever else it had, certificates for example, is not ours to vouch for. */
function rewritten(key: PublicJwk): PublicJwk {
  const { kty, kid, alg } = key;
  const members = MEMBERS[kty].map((member) => [member, (key as unknown as Record<string, unknown>)[member]]);
  return { kty, kid, use: 'sig', alg, ...Object.fromEntries(members) } as PublicJwk;
}
