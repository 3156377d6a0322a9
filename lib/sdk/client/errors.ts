/** Why there is no token: the issuer's own code where it has spoken, ours where it could not be asked. */

export interface TokenErrorDetails {
  /** HTTP status of the answer, where there was one. */
  readonly status?: number | undefined;
  /** Where in the request the fault lies, as a JSON Pointer (RFC 6901); Lambda's Invoke does not carry it. */
  readonly pointer?: string | undefined;
  /** Seconds after which the issuer says that the same request may succeed. */
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** Codes of the client's own; all others are the issuer's, as docs/errors.md has them. */
export type ClientCode =
  /** Neither the environment nor the options hold AWS credentials, or what should give them gives none. */
  | 'credentials_missing'
  /** IAM did not let the call through. */
  | 'forbidden'
  /** The issuer could not be reached. */
  | 'unreachable'
  /** No token within the caller's time. */
  | 'timed_out'
  /** The answer is none of the issuer's. */
  | 'answer_invalid'
  /** The options, or the request, are none that could be sent. */
  | 'options_invalid';

export class TokenError extends Error {
  readonly code: ClientCode | (string & {});
  readonly status: number | undefined;
  readonly pointer: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: TokenError['code'], message: string, details: TokenErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TokenError';
    this.code = code;
    this.status = details.status;
    this.pointer = details.pointer;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

const PASSING_STATUS = [429, 500, 502, 503, 504];

/** Whether the same request may succeed a moment later. */
export const mayPass = (error: unknown): boolean =>
  error instanceof TokenError &&
  (error.code === 'unreachable' || (error.status !== undefined && PASSING_STATUS.includes(error.status)));
