/** Requests and what they are answered with: the refusals are the code's own, made by refusing. */
import { parseBody } from '../../lib/core/body.ts';
import { type ErrorCode, KeyturnError, REQUEST_CODES } from '../../lib/core/errors.ts';
import { DEFAULT_LIMITS, parseSignRequest, type RequestLimits } from '../../lib/core/request.ts';

/** As an issuer has them of which nothing was decided. */
export const LIMITS: RequestLimits = { ...DEFAULT_LIMITS, tokenLifetime: 900, maxTokenLifetime: 3600 };

export const REQUESTS = {
  'what is needed': { audience: 'orders-api', claims: { sub: 'svc:checkout' } },
  'all of it': {
    audience: ['orders-api', 'billing-api'],
    scope: 'orders:read orders:write',
    expiresIn: 300,
    type: 'JWT',
    claims: { sub: 'svc:checkout', tenant_id: 'acme', limits: { orders: 100 } },
  },
  'a client whose sub is fixed': { audience: 'orders-api', type: 'at+jwt' },
} as const;

export const ANSWER = {
  token: 'eyJhbGciOiJSUzI1NiIsImtpZCI6ImFKU1hlN09mdm4xRyJ9.eyJzdWIiOiJzdmM6Y2hlY2tvdXQifQ.c2lnbmF0dXJl',
  kid: 'aJSXe7Ofvn1GvVMZQp9QEFE4kAzEpDbdmsBAhJHpZBg',
  algorithm: 'RS256',
  jti: 'ebc56d20-8bcd-4c1a-9f1e-0d8f2a6f3c11',
  issuedAt: 1_795_373_027,
  expiresAt: 1_795_373_927,
};

/** Bodies that are refused, one for each status that a body alone can earn. */
export const REFUSED: readonly string[] = [
  '{"audience":"orders-api","claims":{"sub":"svc:checkout","iss":"https://me.example"}}',
  '{"audience":"orders-api","claims":{"sub":"svc:checkout"},"expiresIn":86400}',
  `{"audience":"orders-api","claims":{"sub":"svc:checkout","tags":[${'1,'.repeat(1500)}1]}}`,
];

/** What no body earns: made by others, in the words that they use. */
const ELSEWHERE: readonly (readonly [code: ErrorCode, detail: string, pointer?: string])[] = [
  ['method_not_allowed', 'a token is asked for with POST, got GET'],
  ['audience_not_allowed', 'client orders may ask for audience orders-api, billing-api, got another', '/audience'],
  ['throttled', 'KMS is throttling this account'],
  ['no_active_key', 'no key signs yet'],
];

export function problemOf(code: ErrorCode, detail: string, pointer?: string): Record<string, unknown> {
  const title = code.replaceAll('_', ' ');
  const status = (REQUEST_CODES as Readonly<Partial<Record<ErrorCode, number>>>)[code];
  return { type: `urn:keyturn:error:${code}`, title, status, code, detail, ...(pointer !== undefined && { pointer }) };
}

export function refusalOf(body: string): Record<string, unknown> {
  try {
    parseSignRequest(parseBody(body, LIMITS), LIMITS);
  } catch (error) {
    if (error instanceof KeyturnError) return problemOf(error.code, error.message, error.path);
    throw error;
  }
  throw new Error('an example of a refusal is accepted');
}

export const PROBLEMS: readonly Record<string, unknown>[] = [
  ...REFUSED.map(refusalOf),
  ...ELSEWHERE.map((refusal) => problemOf(...refusal)),
];
