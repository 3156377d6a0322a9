/** The issuer's two ways in: a function URL, and Lambda's Invoke. What is posted where, and what the answers mean. */
import { REQUEST_CODES } from '../../core/errors.ts';
import { isNearby } from '../../core/issuer.ts';
import { TokenError } from './errors.ts';

/** What may be asked for: https://github.com/keyturn/keyturn#what-you-can-ask-for, within the client's rules. */
export interface TokenRequest {
  /** Whom the token is for. */
  readonly audience: string | readonly string[];
  /** As in RFC 6749: scope-tokens with one space between them. */
  readonly scope?: string;
  /** Seconds. @default - the issuer's `tokenLifetime` */
  readonly expiresIn?: number;
  /** @default 'JWT' */
  readonly type?: 'JWT' | 'at+jwt';
  /** With `sub`, unless the client's rules fix it. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface IssuedToken {
  readonly token: string;
  readonly kid: string;
  readonly algorithm: string;
  readonly jti: string;
  /** Seconds since 1970, by the issuer's clock. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface Endpoint {
  readonly url: string;
  /** Undefined: a local issuer, which needs no signature. */
  readonly region: string | undefined;
  /** @throws TokenError */
  read(response: Response): Promise<IssuedToken>;
}

const invalid = (message: string): never => {
  throw new TokenError('options_invalid', message);
};

/** @throws TokenError `options_invalid` */
export function urlEndpoint(url: string, region: string | undefined): Endpoint {
  const parsed = URL.parse(url);
  if (!parsed) return invalid(`url must be the sign function's URL, got ${JSON.stringify(url)}`);
  const isLocal = parsed.protocol === 'http:' && isNearby(parsed.hostname);
  if (isLocal) return { url, region: undefined, read: readHttp };
  if (parsed.protocol !== 'https:') {
    invalid(`url must use https (http only on localhost, or at a name without a dot), got ${parsed.origin}`);
  }
  const named = /^[a-z0-9]+\.lambda-url\.([a-z0-9-]+)\.on\.aws$/.exec(parsed.hostname)?.[1];
  return {
    url,
    region: region ?? named ?? invalid('region must be given for a url that does not name it'),
    read: readHttp,
  };
}

/**
 * @param functionName name or ARN, with the client's alias: `Keyturn-Sign:orders`
 * @throws TokenError `options_invalid`
 */
export function invokeEndpoint(functionName: string, region: string | undefined, endpoint?: string): Endpoint {
  const here = region ?? /^arn:[a-z-]+:lambda:([a-z0-9-]+):/.exec(functionName)?.[1];
  if (!here) return invalid('region must be given, or AWS_REGION be set');
  const host = here.startsWith('cn-') ? `lambda.${here}.amazonaws.com.cn` : `lambda.${here}.amazonaws.com`;
  const url = `${endpoint ?? `https://${host}`}/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
  return { url, region: here, read: readInvocation };
}

async function readHttp(response: Response): Promise<IssuedToken> {
  const body = await readJson(response);
  if (response.status === 200) return issued(body);
  const { code, detail, pointer } = body;
  const details = { status: response.status, retryAfterSeconds: retryAfter(response) };
  if (typeof code === 'string') throw new TokenError(code, String(detail), { ...details, pointer: text(pointer) });
  throw refusedByAws(response.status, body, details);
}

async function readInvocation(response: Response): Promise<IssuedToken> {
  const body = await readJson(response);
  const details = { status: response.status, retryAfterSeconds: retryAfter(response) };
  if (response.status !== 200) throw refusedByAws(response.status, body, details);
  if (!response.headers.has('x-amz-function-error')) return issued(body);
  const code = text(body.errorType) ?? 'answer_invalid';
  // By Invoke nothing has a status: this is the one that it has at a function URL, where a crash is 502.
  const status = (REQUEST_CODES as Readonly<Record<string, number>>)[code] ?? 502;
  throw new TokenError(code, text(body.errorMessage) ?? '', { status });
}

/** Lambda itself has answered: the function was not reached. */
function refusedByAws(status: number, body: Record<string, unknown>, details: object): TokenError {
  const why = text(body.Message) ?? text(body.message) ?? 'no reason given';
  if (status === 403) return new TokenError('forbidden', `IAM did not let the call through: ${why}`, details);
  return new TokenError(status === 429 ? 'throttled' : 'answer_invalid', `Lambda answers ${status}: ${why}`, details);
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  const { status } = response;
  const body = await response.text().catch((cause: unknown) => {
    throw new TokenError('unreachable', `the issuer's answer (${status}) must be whole, it ended early`, { cause });
  });
  try {
    return Object(JSON.parse(body || '{}'));
  } catch (cause) {
    throw new TokenError('answer_invalid', `the answer (${status}) must be JSON, got ${body.length} characters`, {
      status,
      cause,
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

function retryAfter({ headers }: Response): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds : undefined;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
