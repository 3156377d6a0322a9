/**
 * Every refusal of the verifier. A program reads `code`, `claim` and `reason`; a person reads `message`, which never
 * holds a token, a signature or the value of a claim.
 */

/** RFC 6750 §3.1: what the client is told, beside the status. */
type BearerError = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

interface Consequence {
  readonly status: 400 | 401 | 403 | 503;
  /** Absent where the client has given no credentials, and where the fault is not its own. */
  readonly error?: BearerError;
}

const INVALID_TOKEN = { status: 401, error: 'invalid_token' } as const;
const UNAVAILABLE = { status: 503 } as const;

/** The codes are stable. Each has the answer that a protected resource gives for it. */
export const VERIFICATION_CODES = {
  token_missing: { status: 401 },
  request_malformed: { status: 400, error: 'invalid_request' },
  token_too_large: INVALID_TOKEN,
  token_malformed: INVALID_TOKEN,
  header_malformed: INVALID_TOKEN,
  header_forbidden: INVALID_TOKEN,
  type_not_allowed: INVALID_TOKEN,
  algorithm_not_allowed: INVALID_TOKEN,
  payload_malformed: INVALID_TOKEN,
  claim_invalid: INVALID_TOKEN,
  issuer_mismatch: INVALID_TOKEN,
  audience_mismatch: INVALID_TOKEN,
  token_expired: INVALID_TOKEN,
  token_not_yet_valid: INVALID_TOKEN,
  lifetime_too_long: INVALID_TOKEN,
  key_unknown: INVALID_TOKEN,
  key_refused: INVALID_TOKEN,
  algorithm_mismatch: INVALID_TOKEN,
  signature_invalid: INVALID_TOKEN,
  token_revoked: INVALID_TOKEN,
  token_bound: INVALID_TOKEN,
  scope_insufficient: { status: 403, error: 'insufficient_scope' },
  keys_unavailable: UNAVAILABLE,
  revocation_unavailable: UNAVAILABLE,
} as const satisfies Record<string, Consequence>;

export type VerificationCode = keyof typeof VERIFICATION_CODES;

/**
 * - `missing`: it is not there;
 * - `malformed`: it is of the wrong form or type, or two readers could read it differently;
 * - `rejected`: it is well formed, and not accepted;
 * - `unavailable`: nothing is known of the token, because something could not be asked.
 */
export type VerificationReason = 'missing' | 'malformed' | 'rejected' | 'unavailable';

export interface VerificationDetails {
  /** The claim or header parameter. */
  readonly claim?: string;
  readonly reason?: VerificationReason;
  readonly cause?: unknown;
}

export class VerificationError extends Error {
  override readonly name = 'VerificationError';
  readonly code: VerificationCode;
  /** The claim or header parameter that it is about, if it is about one. */
  readonly claim: string | undefined;
  readonly reason: VerificationReason;

  constructor(
    code: VerificationCode,
    message: string,
    { claim, reason = 'rejected', cause }: VerificationDetails = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.claim = claim;
    this.reason = reason;
  }

  /** Of the HTTP answer: 400, 401, 403, or 503 where the same token may pass later. */
  get status(): number {
    return VERIFICATION_CODES[this.code].status;
  }
}

/** @throws VerificationError */
export function refuse(code: VerificationCode, message: string, details?: VerificationDetails): never {
  throw new VerificationError(code, message, details);
}
