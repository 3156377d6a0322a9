/** What the issuer's answers mean, and those that others give in its place. */
import { REQUEST_CODES } from '../../core/errors.ts';
import { TokenError } from './errors.ts';

export interface IssuedToken {
  readonly token: string;
  readonly kid: string;
  readonly algorithm: string;
  readonly jti: string;
  /** Seconds since 1970, by the issuer's clock. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** As in docs/errors.md. What else stands beside the issuer, such as `ResourceNotFoundException`, is not spelt like that. */
const CODE = /^[a-z]+(_[a-z]+)*$/;
/** What the function URL says where the issuer names no other. */
const RETRY_AFTER_SECONDS = 5;

/** @throws TokenError */
export async function readHttp(response: Response): Promise<IssuedToken> {
  const body = await readJson(response);
  if (response.status === 200) return issued(body);
  const { code, detail, pointer } = body;
  const details = { status: response.status, retryAfterSeconds: retryAfter(response) };
  if (typeof code === 'string' && CODE.test(code)) {
    throw new TokenError(code, String(detail), { ...details, pointer: text(pointer) });
  }
  throw refusedByAws(response.status, body, details);
}

/** @throws TokenError */
export async function readInvocation(response: Response): Promise<IssuedToken> {
  const body = await readJson(response);
  const details = { status: response.status, retryAfterSeconds: retryAfter(response) };
  if (response.status !== 200) throw refusedByAws(response.status, body, details);
  if (!response.headers.has('x-amz-function-error')) return issued(body);
  const code = text(body.errorType) ?? 'answer_invalid';
  // By Invoke nothing has a status, nor a Retry-After: these are those that it has at a function URL, where a crash is 502.
  const status = (REQUEST_CODES as Readonly<Record<string, number>>)[code] ?? 502;
  const retryAfterSeconds = status === 429 || status === 503 ? RETRY_AFTER_SECONDS : undefined;
  throw new TokenError(code, text(body.errorMessage) ?? '', { status, retryAfterSeconds });
}

/** Lambda itself has answered: the function was not reached. */
function refusedByAws(status: number, body: Record<string, unknown>, details: object): TokenError {
  const why = withoutSecrets(text(body.Message) ?? text(body.message) ?? text(body.detail) ?? 'no reason given');
  if (status === 403) return new TokenError('forbidden', `IAM did not let the call through: ${why}`, details);
  return new TokenError(status === 429 ? 'throttled' : 'answer_invalid', `Lambda answers ${status}: ${why}`, details);
}

/** To a wrong signature AWS answers with all that was to be signed, from the second line on: the session token is among it. */
const withoutSecrets = (why: string): string =>
  (why.trim().split('\n', 1)[0] ?? '').replace(/x-amz-security-token.*/i, 'x-amz-security-token…');

async function readJson(response: Response): Promise<Record<string, unknown>> {
  const { status } = response;
  const body = await response.text().catch((cause: unknown) => {
    throw new TokenError('unreachable', `the issuer's answer (${status}) must be whole, it ended early`, { cause });
  });
  try {
    return Object(JSON.parse(body || '{}'));
  } catch {
    // Without the cause, which quotes what it could not read: that may have been a token.
    throw new TokenError('answer_invalid', `the answer (${status}) must be JSON, got ${body.length} characters`, {
      status,
    });
  }
}

function issued(body: Record<string, unknown>): IssuedToken {
  const { token, issuedAt, expiresAt } = body;
  if (typeof token === 'string' && typeof issuedAt === 'number' && typeof expiresAt === 'number') {
    return body as unknown as IssuedToken;
  }
  throw new TokenError('answer_invalid', 'the answer must have token, issuedAt and expiresAt');
}

/** RFC 9110 §10.2.3: seconds, or the time at which. */
function retryAfter({ headers }: Response): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const now = Date.parse(headers.get('date') ?? '') || Date.now();
  const seconds = /^[A-Z]/.test(value) ? (Date.parse(value) - now) / 1000 : Number(value);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
