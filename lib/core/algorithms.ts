/**
 * What JOSE says about each algorithm that can sign. What KMS calls them is in lib/aws/kms.ts, which does not compile
 * until a new row here has its counterpart there.
 */
import { KeyturnError } from './errors.ts';

interface Family {
  readonly RSA: { readonly kty: 'RSA'; readonly modulusBits: 2048 | 3072 | 4096 };
  readonly EC: {
    readonly kty: 'EC';
    readonly crv: 'P-256' | 'P-384' | 'P-521';
    readonly coordinateBytes: 32 | 48 | 66;
  };
  readonly OKP: { readonly kty: 'OKP'; readonly crv: 'Ed25519' };
  readonly AKP: { readonly kty: 'AKP'; readonly publicKeyBytes: 1312 | 1952 | 2592 };
}
interface Common {
  /** The digest that is sent to KMS, or `none` where the algorithm hashes the message itself and KMS takes it whole. */
  readonly digest: 'sha256' | 'sha384' | 'sha512' | 'none';
  /** Bytes of a JOSE signature. */
  readonly signatureBytes: number;
}
export type AlgorithmFacts = Family[keyof Family] & Common;

const rsa = (digest: 'sha256' | 'sha384' | 'sha512') =>
  // RFC 7518 §3.3 and §3.5: 2048 bits or more. AWS's own verifiers and the lowest KMS price ask for just that.
  ({ kty: 'RSA', modulusBits: 2048, digest, signatureBytes: 256 }) as const;

/** RFC 7518 §3.1, RFC 8037 §3.1, RFC 9964. ES256K is left out: jose and most verifiers refuse it. */
export const ALGORITHMS = {
  RS256: rsa('sha256'),
  RS384: rsa('sha384'),
  RS512: rsa('sha512'),
  PS256: rsa('sha256'),
  PS384: rsa('sha384'),
  PS512: rsa('sha512'),
  ES256: { kty: 'EC', crv: 'P-256', coordinateBytes: 32, digest: 'sha256', signatureBytes: 64 },
  ES384: { kty: 'EC', crv: 'P-384', coordinateBytes: 48, digest: 'sha384', signatureBytes: 96 },
  ES512: { kty: 'EC', crv: 'P-521', coordinateBytes: 66, digest: 'sha512', signatureBytes: 132 },
  // RFC 9864 prefers `Ed25519`, but jose matches header and JWK literally and aws-jwt-verify knows only `EdDSA`.
  EdDSA: { kty: 'OKP', crv: 'Ed25519', digest: 'none', signatureBytes: 64 },
  'ML-DSA-44': { kty: 'AKP', publicKeyBytes: 1312, digest: 'none', signatureBytes: 2420 },
  'ML-DSA-65': { kty: 'AKP', publicKeyBytes: 1952, digest: 'none', signatureBytes: 3309 },
  'ML-DSA-87': { kty: 'AKP', publicKeyBytes: 2592, digest: 'none', signatureBytes: 4627 },
} as const satisfies Record<string, AlgorithmFacts>;

export type Algorithm = keyof typeof ALGORITHMS;
export const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as Algorithm[];

/** RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 8037 §2; RFC 9964: a set that verifiers fetch never holds one of these. */
export const PRIVATE_MEMBERS: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** KMS takes at most 4,096 bytes of message (Sign, "Message"): the ceiling of a signing input that is sent whole. */
export const MAX_RAW_MESSAGE_BYTES = 4096;

export function facts(algorithm: Algorithm): AlgorithmFacts {
  return ALGORITHMS[algorithm];
}

/** @throws KeyturnError `algorithm_unknown` */
export function parseAlgorithm(name: unknown): Algorithm {
  if (typeof name === 'string' && Object.hasOwn(ALGORITHMS, name)) return name as Algorithm;
  throw new KeyturnError(
    'algorithm_unknown',
    `algorithm must be one of ${ALGORITHM_NAMES.join(', ')}, got ${String(name)}`,
  );
}
