/**
 * The compact form, by the letter (RFC 7515 §3.1, §5.2, §7.1): three segments of base64url without padding, white space or
 * line breaks, each in the one spelling that its bytes have. So a token has one spelling, ECDSA's second signature aside.
 */
import { refuse } from './errors.ts';

export interface Compact {
  readonly token: string;
  readonly header: string;
  readonly payload: string;
}

/** Servers drop longer headers, Node's at 16 KiB. ML-DSA-87 with the most that Keyturn signs takes 11,700 characters. */
export const MAX_TOKEN_CHARACTERS = 16_384;

const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** RFC 4648 §3.5: what a last group of so many characters may end with, for the bits that it leaves over are zero. */
const ENDINGS: readonly (string | undefined)[] = [undefined, '', 'AQgw', 'AEIMQUYcgkosw048'];

/** @throws VerificationError `token_too_large`, `token_malformed` */
export function splitCompact(token: unknown): Compact {
  if (typeof token !== 'string') {
    return refuse('token_malformed', 'the token must be a string', { reason: token == null ? 'missing' : 'malformed' });
  }
  if (token.length > MAX_TOKEN_CHARACTERS) {
    refuse('token_too_large', `the token must have at most ${MAX_TOKEN_CHARACTERS} characters, got ${token.length}`);
  }
  const [header = '', payload = '', signature = ''] = COMPACT.test(token) ? token.split('.') : [];
  if (header === '' || !isCanonical(header) || !isCanonical(payload) || !isCanonical(signature)) {
    refuse('token_malformed', 'the token must be a JWS in its compact form, in canonical base64url', {
      reason: 'malformed',
    });
  }
  return { token, header, payload };
}

const isCanonical = (segment: string): boolean => ENDINGS[segment.length % 4]?.includes(segment.slice(-1)) ?? true;
