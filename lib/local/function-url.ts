/** A function URL: HTTP to the event of payload format 2.0 and back (Lambda Developer Guide, "Invoking function URLs"). */
import { randomUUID } from 'node:crypto';
import type { Invoked } from './lambda.ts';
import { ACCOUNT, type WireReply, type WireRequest } from './wire.ts';

/** `path` is the one the function sees: a function URL has a host of its own and is posted to at its root. */
export function urlEvent(request: WireRequest, path: string, sourceIp: string): Record<string, unknown> {
  const { method, query, body } = request;
  const { cookie, ...others } = request.headers;
  const headers = Object.fromEntries(Object.entries(others).map(([name, value]) => [name, [value].flat().join(',')]));
  const now = new Date();
  const domainName = headers.host ?? '';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query.toString(),
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers,
    ...(query.size > 0 && { queryStringParameters: joined(query) }),
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'local',
      domainName,
      domainPrefix: 'local',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp, userAgent: headers['user-agent'] ?? '' },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && encoded(body, headers['content-type'])),
    isBase64Encoded: body.length > 0 && !isText(body, headers['content-type']),
  };
}

/** What the caller of a function URL gets for what the handler answered. */
export function urlAnswer({ payload, functionError }: Invoked): WireReply {
  const answer: unknown = JSON.parse(payload);
  if (functionError !== undefined || !isAnswer(answer)) {
    // "Response format inference": JSON without a status code is the body itself.
    return functionError === undefined && !hasStatusCode(answer)
      ? { status: 200, headers: JSON_TYPE, body: payload }
      : BAD_GATEWAY;
  }
  const { statusCode, headers = {}, cookies, body = '', isBase64Encoded = false } = answer;
  return {
    status: statusCode,
    headers: {
      ...JSON_TYPE,
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])),
      ...(cookies !== undefined && { 'set-cookie': cookies }),
    },
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  };
}

interface HandlerAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  readonly cookies?: string[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const BAD_GATEWAY: WireReply = {
  status: 502,
  headers: { 'content-type': 'text/plain' },
  body: 'Internal Server Error',
};

const hasStatusCode = (answer: unknown): answer is { statusCode: unknown } =>
  typeof answer === 'object' && answer !== null && 'statusCode' in answer;

function isAnswer(answer: unknown): answer is HandlerAnswer {
  if (!hasStatusCode(answer)) return false;
  const { statusCode, headers = {}, cookies = [], body = '' } = answer as Record<string, unknown>;
  const isStatus =
    typeof statusCode === 'number' && Number.isInteger(statusCode) && statusCode >= 200 && statusCode < 600;
  return (
    isStatus && typeof headers === 'object' && headers !== null && Array.isArray(cookies) && typeof body === 'string'
  );
}

const encoded = (body: Buffer, contentType: string | undefined): { body: string } => ({
  body: body.toString(isText(body, contentType) ? 'utf8' : 'base64'),
});

/** A form, which is what curl sends when it is not told otherwise, arrives in base64 as any unknown type does. */
function isText(body: Buffer, contentType = 'text/plain'): boolean {
  const isTextType = /^(?:text\/|application\/(?:[^;]+\+)?(?:json|xml|javascript)\b)/i.test(contentType);
  return isTextType && Buffer.from(body.toString()).equals(body);
}

const joined = (query: URLSearchParams): Record<string, string> =>
  Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]));

/** `12/Mar/2026:19:03:58 +0000`. */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
