/** What a client can be told, what stands in for what is left out, and what is refused. */
import type { CredentialProvider, Credentials, Environment } from './credentials.ts';
import { TokenError } from './errors.ts';
import { type Endpoint, invokeEndpoint, urlEndpoint } from './issuer-endpoint.ts';

/** Either `url` or `functionName`. */
export interface TokenClientOptions {
  /** The sign function's URL: the output `SignUrl…` of the stack, or `http://localhost:4790/sign` of a local issuer. */
  readonly url?: string | undefined;
  /** For private callers: the sign function's name or ARN with the client's alias, `Keyturn-Sign:orders`. */
  readonly functionName?: string | undefined;
  /** @default - as the URL or the ARN says, or AWS_REGION */
  readonly region?: string | undefined;
  /** @default - the environment's, as in Lambda, or the container's, as in ECS and EKS */
  readonly credentials?: Credentials | CredentialProvider | undefined;
  /** Milliseconds within which a call of `get` has its token, retries among it. @default 10000 */
  readonly timeoutMs?: number | undefined;
  /** Part of a token's life, or up to a tenth less, after which the next is fetched behind the callers. @default 0.7 */
  readonly refreshAfter?: number | undefined;
  /** Different requests whose tokens are kept. @default 1000 */
  readonly maxEntries?: number | undefined;
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined;
}

export interface GetOptions {
  /** Ends this caller's waiting, and nobody else's. */
  readonly signal?: AbortSignal | undefined;
  /** @default - the client's */
  readonly timeoutMs?: number | undefined;
}

/** The longest that a timer takes: one of more fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const invalid = (message: string): never => {
  throw new TokenError('options_invalid', message);
};

/** @throws TokenError `options_invalid` */
export function checkTimeout(timeoutMs: number): number {
  const isTime = typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= LONGEST_TIMER_MS;
  return isTime ? timeoutMs : invalid(`timeoutMs must be from 0 to ${LONGEST_TIMER_MS}, got ${timeoutMs}`);
}

/** @throws TokenError `options_invalid` */
export function readLimits({ timeoutMs = 10_000, refreshAfter = 0.7, maxEntries = 1000 }: TokenClientOptions) {
  if (!(refreshAfter > 0 && refreshAfter <= 1)) {
    invalid(`refreshAfter must be more than 0 and at most 1, got ${refreshAfter}`);
  }
  if (!(Number.isInteger(maxEntries) && maxEntries > 0)) {
    invalid(`maxEntries must be a whole number of at least 1, got ${maxEntries}`);
  }
  return { timeoutMs: checkTimeout(timeoutMs), refreshAfter, maxEntries };
}

/** @throws TokenError `options_invalid` */
export function readEndpoint({ url, functionName, region }: TokenClientOptions, environment: Environment): Endpoint {
  const regions = { given: region, otherwise: environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION };
  if (url !== undefined && functionName === undefined) return urlEndpoint(url, regions);
  if (url !== undefined || functionName === undefined) return invalid('either url or functionName must be given');
  const endpoint = environment.AWS_ENDPOINT_URL_LAMBDA ?? environment.AWS_ENDPOINT_URL;
  return invokeEndpoint(functionName, regions, endpoint);
}
