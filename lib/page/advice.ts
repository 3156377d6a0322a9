/** What a refusal means for whoever holds the token. */
import type { VerificationCode } from '../sdk/verifier/errors.ts';

export const ADVICE: Readonly<Partial<Record<VerificationCode, string>>> = {
  token_too_large: 'No token of this issuer is that long: it is not even decoded.',
  token_malformed: 'Is it whole? A token must be copied to its last character, without line breaks or padding.',
  header_malformed: 'Every token of this issuer names its alg, kid and typ. This one is of another maker, or damaged.',
  header_forbidden: 'A header that brings its own key or its own rules along is how forgeries look.',
  type_not_allowed: 'Tokens for services are of type JWT or at+jwt.',
  algorithm_not_allowed: 'This issuer signs with no such algorithm.',
  payload_malformed: 'What is between the dots is damaged, or two readers could read it differently.',
  claim_invalid: 'A token of this issuer has iss, sub, aud, exp and iat, each of its own form.',
  issuer_mismatch: 'Another issuer made it, or claims to have. Its own page can tell.',
  audience_mismatch: 'It was made for somebody else, and must not be taken here.',
  token_expired: 'Ask for a new one. If it should still be valid, compare this computer’s clock.',
  token_not_yet_valid: 'The clock of this computer, or that of whoever signed it, is off.',
  key_unknown:
    'The JWKS holds no such key now: it has retired, it was burned, another issuer has it, or the token is forged.',
  key_refused: 'The JWKS names the key, but no careful verifier takes it.',
  algorithm_mismatch: 'Each key signs with one algorithm. A token that names another one is forged or damaged.',
  signature_invalid: 'Header or claims were changed after signing, a part is missing, or somebody else signed it.',
  keys_unavailable: 'Nothing is known of the token as long as the keys cannot be fetched.',
};

/** Where a token is somebody's, and yet not to be taken. */
export const TITLES: Readonly<Partial<Record<VerificationCode, string>>> = {
  token_expired: 'Expired',
  token_not_yet_valid: 'Not valid yet',
  issuer_mismatch: 'Of another issuer',
  audience_mismatch: 'For somebody else',
};
