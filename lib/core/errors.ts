/**
 * Every refusal of Keyturn. A program reads `code`, a person reads `message` (the actual and the expected value, never
 * the value of a claim, a token or a signature), a debugger reads `cause`. Codes are part of the public contract.
 */

/** Codes a caller of the sign function can meet, with the HTTP status that each one has at the function URL. */
export const REQUEST_CODES = {
  method_not_allowed: 405,
  body_not_json: 400,
  body_not_object: 400,
  body_too_large: 413,
  unknown_member: 400,
  missing_member: 400,
  invalid_member: 400,
  duplicate_member: 400,
  forbidden_name: 400,
  reserved_claim: 400,
  secret_claim: 400,
  unsafe_number: 400,
  invalid_string: 400,
  too_deep: 400,
  lifetime_too_long: 400,
  token_too_large: 413,
  client_unknown: 403,
  audience_not_allowed: 403,
  scope_not_allowed: 403,
  claim_not_allowed: 403,
  subject_not_allowed: 403,
  throttled: 429,
  keyring_missing: 503,
  keyring_unreadable: 503,
  keyring_too_new: 503,
  no_active_key: 503,
  no_pending_key: 503,
  key_unusable: 503,
  kms_unavailable: 503,
  kms_answer_wrong: 503,
  signature_too_late: 503,
} as const;

/** Codes of the rotator, the operator and the policy check. */
export const OPERATION_CODES = [
  'policy_invalid',
  'policy_unsafe',
  'keyring_invalid',
  'keyring_conflict',
  'keyring_elsewhere',
  'issuer_closed',
  'transition_refused',
  'burn_not_saved',
  'operation_unknown',
  'document_conflict',
  'document_newer',
  'edge_unreachable',
  'clock_skewed',
  'key_not_visible',
  'canary_failed',
  'algorithm_unknown',
  'environment_invalid',
  'function_failed',
  'deployment_failed',
] as const;

export type RequestCode = keyof typeof REQUEST_CODES;
export type ErrorCode = RequestCode | (typeof OPERATION_CODES)[number];

export interface ErrorDetails {
  /** Where in the request the fault lies, as a JSON Pointer (RFC 6901), for example `/claims/iss`. */
  readonly path?: string;
  /** Seconds after which the same call may succeed. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

export class KeyturnError extends Error {
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    // Lambda reports an error's name as `errorType`: whoever invokes the function directly reads the code there.
    this.name = code;
    this.code = code;
    this.path = details.path;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** Whether `error` is one of ours with one of these codes (with any code when none is given). */
export function isKeyturnError(error: unknown, ...codes: ErrorCode[]): error is KeyturnError {
  return error instanceof KeyturnError && (codes.length === 0 || codes.includes(error.code));
}
