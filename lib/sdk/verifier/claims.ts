/** What the claims must say, whoever signed them (RFC 7519 §4.1, RFC 8725 §3.8–§3.9). */
import { refuse, type VerificationCode } from './errors.ts';
import type { JsonObject } from './json.ts';

/** The claims of a token that was verified. Neither they nor an object inside inherit anything. */
export interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  /** Seconds since 1970. */
  readonly exp: number;
  readonly iat: number;
  readonly nbf?: number;
  readonly jti?: string;
  readonly client_id?: string;
  /** Separated by spaces (RFC 6749 §3.3). */
  readonly scope?: string;
  readonly [claim: string]: unknown;
}

export interface ClaimRules {
  readonly issuer: string;
  readonly audiences: ReadonlySet<string>;
  readonly clockTolerance: number;
  readonly maxTokenLifetime: number;
}

type Check = readonly [expected: string, holds: (value: unknown) => boolean];
const filled = (value: unknown): boolean => typeof value === 'string' && value !== '';
const TEXT: Check = ['a string that is not empty', filled];
/** RFC 7519 §2 allows fractions. */
const TIME: Check = ['seconds since 1970', (value) => typeof value === 'number' && value >= 0];
const AUDIENCE: Check = [
  'a string or an array of strings, none empty',
  (value) => filled(value) || (Array.isArray(value) && value.length > 0 && value.every(filled)),
];
const SCOPE: Check = ['a string', (value) => typeof value === 'string'];

const REQUIRED = { iss: TEXT, sub: TEXT, aud: AUDIENCE, exp: TIME, iat: TIME } as const;
const OPTIONAL = { nbf: TIME, jti: TEXT, client_id: TEXT, scope: SCOPE } as const;
const CHECKS = Object.entries({ ...REQUIRED, ...OPTIONAL });

/** @throws VerificationError `claim_invalid` */
export function checkTypes(claims: JsonObject): Claims {
  for (const [claim, [expected, holds]] of CHECKS) {
    const value = claims[claim];
    if (value === undefined && !(claim in REQUIRED)) continue;
    if (!holds(value)) {
      const reason = value === undefined ? 'missing' : 'malformed';
      refuse('claim_invalid', `${claim} must be ${expected}`, { claim, reason });
    }
  }
  return claims as Claims;
}

/**
 * Each comparison is written so that a clock which answers with NaN refuses.
 * @param now in seconds
 * @throws VerificationError `issuer_mismatch`, `audience_mismatch`, `token_expired`, `token_not_yet_valid`,
 *   `lifetime_too_long`
 */
export function checkClaims(claims: Claims, rules: ClaimRules, now: number): void {
  const { iss, aud, exp, iat, nbf = iat } = claims;
  const { clockTolerance, maxTokenLifetime } = rules;
  const must = (holds: boolean, code: VerificationCode, claim: string, message: string): void => {
    if (!holds) refuse(code, message, { claim });
  };
  // RFC 7519 §4.1.1, RFC 3986 §6.2.1: character for character.
  must(iss === rules.issuer, 'issuer_mismatch', 'iss', 'iss must be the issuer of this verifier');
  const isMeant = typeof aud === 'string' ? rules.audiences.has(aud) : aud.some((one) => rules.audiences.has(one));
  must(isMeant, 'audience_mismatch', 'aud', 'aud must name an audience of this verifier');
  must(now < exp + clockTolerance, 'token_expired', 'exp', 'exp must not have passed');
  must(iat <= now + clockTolerance, 'token_not_yet_valid', 'iat', 'iat must not lie ahead');
  must(nbf <= now + clockTolerance, 'token_not_yet_valid', 'nbf', 'nbf must not lie ahead');
  // Who could call kms:Sign could write any exp.
  must(
    exp - iat <= maxTokenLifetime,
    'lifetime_too_long',
    'exp',
    `exp must be at most ${maxTokenLifetime} seconds after iat`,
  );
}
