/**
 * Public keys: from the SubjectPublicKeyInfo that KMS answers with to the JWK that verifiers fetch, and its name.
 * A JWK here has one spelling: fixed members in a fixed order, so that the published bytes depend on the key alone.
 */
import { createPublicKey, hash } from 'node:crypto';
import { ALGORITHMS, type Algorithm, facts, PRIVATE_MEMBERS } from './algorithms.ts';
import { KeyturnError } from './errors.ts';

export { PRIVATE_MEMBERS };

type AlgorithmOf<Kty> = { [A in Algorithm]: (typeof ALGORITHMS)[A]['kty'] extends Kty ? A : never }[Algorithm];
interface Common<Kty> {
  readonly kty: Kty;
  /** RFC 7638 thumbprint of the members below `alg`. */
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: AlgorithmOf<Kty>;
}
export interface RsaJwk extends Common<'RSA'> {
  readonly n: string;
  readonly e: string;
}
export interface EcJwk extends Common<'EC'> {
  readonly crv: 'P-256' | 'P-384' | 'P-521';
  readonly x: string;
  readonly y: string;
}
export interface OkpJwk extends Common<'OKP'> {
  readonly crv: 'Ed25519';
  readonly x: string;
}
export interface AkpJwk extends Common<'AKP'> {
  readonly pub: string;
}
export type PublicJwk = RsaJwk | EcJwk | OkpJwk | AkpJwk;
/** What the thumbprint is made of, or more. */
export type Thumbprinted =
  | Pick<RsaJwk, 'kty' | 'n' | 'e'>
  | Pick<EcJwk, 'kty' | 'crv' | 'x' | 'y'>
  | Pick<OkpJwk, 'kty' | 'crv' | 'x'>
  | Pick<AkpJwk, 'kty' | 'alg' | 'pub'>;

/** The members of the key itself, in the order in which they are published. */
const KEY_MEMBERS = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'], AKP: ['pub'] } as const;
const COMMON_MEMBERS = ['kty', 'kid', 'use', 'alg'] as const;

/** RFC 7638 §3: the required members only, in lexicographic order, without white space; SHA-256; base64url. */
export function thumbprint(jwk: Thumbprinted): string {
  return hash('sha256', JSON.stringify(requiredMembers(jwk)), 'base64url');
}

function requiredMembers(jwk: Thumbprinted): object {
  switch (jwk.kty) {
    case 'RSA':
      return { e: jwk.e, kty: jwk.kty, n: jwk.n };
    case 'EC':
      return { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y };
    case 'OKP': // RFC 8037 §2
      return { crv: jwk.crv, kty: jwk.kty, x: jwk.x };
    case 'AKP': // RFC 9964: `alg` is required, for it is all that says which kind of key this is
      return { alg: jwk.alg, kty: jwk.kty, pub: jwk.pub };
  }
}

/**
 * @throws KeyturnError `kms_answer_wrong` when this is not a public key of the algorithm's kind and size
 */
export function jwkFromSpki(spki: Uint8Array, algorithm: Algorithm): PublicJwk {
  const { kty } = facts(algorithm);
  const exported = exportSpki(spki);
  if (exported.kty !== kty) throw wrong(`kty must be ${kty} for ${algorithm}, got ${String(exported.kty)}`);
  const key = Object.fromEntries(KEY_MEMBERS[kty].map((member) => [member, exported[member]]));
  const kid = thumbprint({ kty, alg: algorithm, ...key } as Thumbprinted);
  const jwk: unknown = { kty, kid, use: 'sig', alg: algorithm, ...key };
  const fault = jwkFault(jwk);
  if (fault !== undefined) throw wrong(fault);
  return jwk as PublicJwk;
}

const wrong = (fault: string, cause?: unknown) =>
  new KeyturnError('kms_answer_wrong', `kms answered with a public key that is not accepted: ${fault}`, { cause });

function exportSpki(spki: Uint8Array): Record<string, unknown> {
  let jwk: Record<string, unknown>;
  let der: Buffer;
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    jwk = key.export({ format: 'jwk' });
    der = key.export({ format: 'der', type: 'spki' });
  } catch (cause) {
    throw wrong('it must be a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7)', cause);
  }
  // OpenSSL passes over trailing bytes and lengths that are not DER. A genuine answer has neither.
  if (!der.equals(spki)) throw wrong('it must be in DER, with nothing after it');
  return jwk;
}

/** Whether `value` is a key that may be published. */
export function isPublicJwk(value: unknown): value is PublicJwk {
  return jwkFault(value) === undefined;
}

/** The first reason why `value` may not be published, as a clause; `undefined` when it may. */
export function jwkFault(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'a jwk must be an object';
  const jwk = value as Readonly<Record<string, unknown>>;
  const leaked = PRIVATE_MEMBERS.find((member) => member in jwk);
  if (leaked !== undefined) return `a public jwk must not have the private member ${leaked}`;
  const { alg } = jwk;
  if (typeof alg !== 'string' || !Object.hasOwn(ALGORITHMS, alg)) return 'alg must be one that keyturn signs with';
  const fact = facts(alg as Algorithm);
  if (jwk.kty !== fact.kty) return `kty must be ${fact.kty} for ${alg}`;
  const members: string[] = [...COMMON_MEMBERS, ...KEY_MEMBERS[fact.kty]];
  // A store may have lost the order; a member that nobody asked for says that this is not one of ours.
  if (Object.keys(jwk).sort().join() !== members.sort().join()) return `the members must be ${members.join(', ')}`;
  if (jwk.use !== 'sig') return 'use must be sig';
  return (
    keyFault(jwk, fact) ??
    (jwk.kid === thumbprint(jwk as unknown as PublicJwk) ? undefined : 'kid must be the thumbprint')
  );
}

function keyFault(jwk: Readonly<Record<string, unknown>>, fact: ReturnType<typeof facts>): string | undefined {
  switch (fact.kty) {
    case 'RSA': {
      // RFC 7518 §6.3.1.1: no leading zero octet, so that a modulus of these bits begins with a set bit.
      const fault = bytesFault('n', jwk.n, fact.modulusBits / 8);
      if (fault !== undefined) return fault;
      if ((Buffer.from(String(jwk.n), 'base64url')[0] ?? 0) < 128)
        return `n must have ${fact.modulusBits} bits, got fewer`;
      return jwk.e === 'AQAB' ? undefined : 'e must be 65537 (AQAB)';
    }
    case 'EC':
      if (jwk.crv !== fact.crv) return `crv must be ${fact.crv}, got ${String(jwk.crv)}`;
      // RFC 7518 §6.2.1.2: the full width of a coordinate, leading zeros kept.
      return bytesFault('x', jwk.x, fact.coordinateBytes) ?? bytesFault('y', jwk.y, fact.coordinateBytes);
    case 'OKP':
      if (jwk.crv !== fact.crv) return `crv must be ${fact.crv}, got ${String(jwk.crv)}`;
      return bytesFault('x', jwk.x, 32);
    case 'AKP':
      return bytesFault('pub', jwk.pub, fact.publicKeyBytes);
  }
}

function bytesFault(member: string, value: unknown, expected: number): string | undefined {
  if (typeof value !== 'string') return `${member} must be a string`;
  const bytes = Buffer.from(value, 'base64url');
  if (bytes.toString('base64url') !== value) return `${member} must be base64url without padding`;
  return bytes.length === expected ? undefined : `${member} must have ${expected} bytes, got ${bytes.length}`;
}
