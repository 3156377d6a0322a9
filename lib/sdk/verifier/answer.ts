/** A refusal as an HTTP answer: RFC 6750's header, RFC 9457's body. */
import { type BearerOptions, challenge } from './bearer.ts';
import type { VerificationError } from './errors.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What failed to be asked is asked again after so many seconds at the soonest. */
const RETRY_AFTER_SECONDS = 5;

export function refusalAnswer(error: VerificationError, options: BearerOptions): Answer {
  const { code, status, message } = error;
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  };
  const authenticate = challenge(error, options);
  if (authenticate !== undefined) headers['www-authenticate'] = authenticate;
  if (status === 503) headers['retry-after'] = String(RETRY_AFTER_SECONDS);
  const title = code.replaceAll('_', ' ');
  const problem = { type: `urn:keyturn:error:${code}`, title, status, code, detail: message };
  return { status, headers, body: JSON.stringify(problem) };
}
