/** Function URL events (payload format 2.0) in, answers and problem documents (RFC 9457) out. */

import { parseBody } from '../lib/core/body.ts';
import { type ErrorCode, KeyturnError, REQUEST_CODES } from '../lib/core/errors.ts';
import type { RequestLimits } from '../lib/core/request.ts';

export interface HttpEvent {
  readonly requestContext: { readonly http: { readonly method: string } };
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** It only chooses the form of the answer. Whoever writes such an event by hand gets that form, and nothing else. */
export function isHttpEvent(event: unknown): event is HttpEvent {
  const context = (event as { requestContext?: { http?: unknown } } | null | undefined)?.requestContext;
  return typeof context?.http === 'object' && context.http !== null;
}

/** @throws KeyturnError `method_not_allowed`, and what `parseBody` refuses */
export function readHttpBody({ requestContext, body = '', isBase64Encoded = false }: HttpEvent, limits: RequestLimits) {
  const { method } = requestContext.http;
  if (method !== 'POST') throw new KeyturnError('method_not_allowed', `a token is asked for with POST, got ${method}`);
  return parseBody(isBase64Encoded ? Buffer.from(body, 'base64') : body, limits);
}

export async function answerHttp(produce: () => unknown): Promise<HttpAnswer> {
  try {
    return respond(200, 'application/json', await produce());
  } catch (error) {
    if (!(error instanceof KeyturnError)) throw error;
    return problem(error);
  }
}

function problem({ code, message, path, retryAfterSeconds }: KeyturnError): HttpAnswer {
  const status = statusOf(code);
  const document = {
    type: `urn:keyturn:error:${code}`,
    title: code.replaceAll('_', ' '),
    status,
    code,
    detail: message,
    ...(path !== undefined && { pointer: path }),
  };
  const answer = respond(status, 'application/problem+json', document);
  // RFC 9110 §15.5.6.
  if (status === 405) return { ...answer, headers: { ...answer.headers, allow: 'POST' } };
  if (status !== 503 && status !== 429) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds ?? 5) } };
}

/** What is none of the caller's doing is 503: the same request may succeed later. */
const statusOf = (code: ErrorCode): number => (REQUEST_CODES as Partial<Record<ErrorCode, number>>)[code] ?? 503;

function respond(statusCode: number, contentType: string, body: unknown): HttpAnswer {
  // RFC 6749 §5.1: no cache keeps a token.
  const headers = { 'content-type': contentType, 'cache-control': 'no-store' };
  return { statusCode, headers, body: JSON.stringify(body) };
}
