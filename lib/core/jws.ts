/**
 * The compact serialization (RFC 7515 §3.1, §7.1), put together by hand: jose cannot sign with a key that is held
 * elsewhere. Two halves, with the signature made between them.
 */
import { type Algorithm, facts, MAX_RAW_MESSAGE_BYTES } from './algorithms.ts';
import { KeyturnError } from './errors.ts';

/** RFC 8725 §3.11: what kind of token this is. The canary's is its own, so that no verifier takes it for one of ours. */
export type TokenType = 'JWT' | 'at+jwt' | 'keyturn-canary+jwt';

export interface JwsHeader {
  readonly algorithm: Algorithm;
  readonly kid: string;
  readonly type: TokenType;
}

/** A signer meets one or two headers in its life, a simulation thousands: past this many the cache starts anew. */
const MAX_CACHED_HEADERS = 64;
const encodedHeaders = new Map<string, string>();

function encodeHeader({ algorithm, kid, type }: JwsHeader): string {
  const name = `${algorithm} ${type} ${kid}`;
  let encoded = encodedHeaders.get(name);
  if (encoded === undefined) {
    // RFC 7515 §4.1: nothing but these three, in this order. `kid` comes from the keyring, never from a caller.
    encoded = `${base64url(JSON.stringify({ alg: algorithm, kid, typ: type }))}.`;
    if (encodedHeaders.size >= MAX_CACHED_HEADERS) encodedHeaders.clear();
    encodedHeaders.set(name, encoded);
  }
  return encoded;
}

const base64url = (text: string): string => Buffer.from(text, 'utf8').toString('base64url');

/** The JWS signing input (RFC 7515 §5.1 step 8). All ASCII, so its length is its bytes and `latin1` encodes it. */
export function signingInput(header: JwsHeader, claims: object): string {
  return encodeHeader(header) + base64url(JSON.stringify(claims));
}

/** The token. `signature` is in JOSE's form. */
export function compact(signingInput: string, signature: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = signature;
  return `${signingInput}.${Buffer.from(buffer, byteOffset, byteLength).toString('base64url')}`;
}

/** The size of the token to be, known before it is signed. */
export function tokenBytes(signingInput: string, algorithm: Algorithm): number {
  return signingInput.length + 1 + Math.ceil((facts(algorithm).signatureBytes * 4) / 3);
}

/**
 * Refuses what would be too large, before it costs a KMS call. Two ceilings:
 *
 * - `maxTokenBytes` holds for the whole token, except under ML-DSA, whose signature alone takes 3,227 to 6,170
 *   characters: there it holds for the signing input, so that the same claims fit whatever the algorithm.
 * - Algorithms that hash the message themselves send the whole signing input to KMS, which takes 4,096 bytes. No
 *   setting raises that.
 *
 * @throws KeyturnError `token_too_large`
 */
export function checkTokenSize(signingInput: string, algorithm: Algorithm, maxTokenBytes: number): void {
  const { kty, digest } = facts(algorithm);
  const whole = kty !== 'AKP';
  const size = whole ? tokenBytes(signingInput, algorithm) : signingInput.length;
  if (size > maxTokenBytes) {
    const what = whole ? 'the token' : 'the token without its signature';
    throw new KeyturnError('token_too_large', `${what} must have at most ${maxTokenBytes} bytes, got ${size}`);
  }
  if (digest === 'none' && signingInput.length > MAX_RAW_MESSAGE_BYTES) {
    throw new KeyturnError(
      'token_too_large',
      `the token without its signature must have at most ${MAX_RAW_MESSAGE_BYTES} bytes for ${algorithm}, got ${signingInput.length}`,
    );
  }
}
