/** What a service asks for tokens with. */
import { AwsV4Signer } from 'aws4fetch';
import { type CredentialProvider, type Credentials, defaultCredentials } from './credentials.ts';
import { TokenError } from './errors.ts';
import { type Endpoint, type IssuedToken, invokeEndpoint, type TokenRequest, urlEndpoint } from './issuer-endpoint.ts';
import { retried } from './retry.ts';
import { TokenCache } from './token-cache.ts';

/** Either `url` or `functionName`. */
export interface TokenClientOptions {
  /** The sign function's URL: the output `SignUrl…` of the stack, or `http://localhost:4790/sign` of a local issuer. */
  readonly url?: string;
  /** For private callers: the sign function's name or ARN with the client's alias, `Keyturn-Sign:orders`. */
  readonly functionName?: string;
  /** @default - as the URL or the ARN says, or AWS_REGION */
  readonly region?: string;
  /** @default - the environment's, as in Lambda, or the container's, as in ECS and EKS */
  readonly credentials?: Credentials | CredentialProvider;
  /** Milliseconds within which a call of `get` has its token, retries among it. @default 10000 */
  readonly timeoutMs?: number;
  /** Part of a token's life, or up to a tenth less, after which the next is fetched behind the callers. @default 0.7 */
  readonly refreshAfter?: number;
  /** Different requests whose tokens are kept. @default 1000 */
  readonly maxEntries?: number;
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

export interface GetOptions {
  /** Ends this caller's waiting, and nobody else's. */
  readonly signal?: AbortSignal;
  /** @default - the client's */
  readonly timeoutMs?: number;
}

const ATTEMPT_MS = 5000;

export class TokenClient {
  readonly #endpoint: Endpoint;
  readonly #credentials: CredentialProvider;
  readonly #fetch: typeof globalThis.fetch;
  readonly #now: () => number;
  readonly #timeoutMs: number;
  readonly #cache: TokenCache;

  /** @throws TokenError `options_invalid` */
  constructor(options: TokenClientOptions) {
    const environment = globalThis.process?.env ?? {};
    this.#endpoint = endpointOf(options, environment);
    this.#fetch = options.fetch ?? globalThis.fetch;
    this.#now = options.now ?? Date.now;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    const { credentials } = options;
    this.#credentials =
      typeof credentials === 'object'
        ? async () => credentials
        : (credentials ?? defaultCredentials(environment, this.#fetch));
    this.#cache = new TokenCache({
      refreshAfter: options.refreshAfter ?? 0.7,
      maxEntries: options.maxEntries ?? 1000,
      maxFlightMs: this.#timeoutMs + ATTEMPT_MS,
      now: this.#now,
      random: Math.random,
    });
  }

  /**
   * A token for the request that has at least a tenth of its life left (30 s at most), from the cache where there is one.
   * @throws TokenError with the issuer's code, or `forbidden`, `unreachable`, `timed_out`, `credentials_missing`; the
   *   signal's reason when it is aborted
   */
  async get(request: TokenRequest, { signal, timeoutMs = this.#timeoutMs }: GetOptions = {}): Promise<IssuedToken> {
    signal?.throwIfAborted();
    const body = JSON.stringify(request);
    // For whoever else waits for it, too: the most hurried of them must not end it for all.
    const endsAt = this.#now() + Math.max(timeoutMs, this.#timeoutMs);
    const flight = this.#cache.get(keyOf(body), () =>
      retried(() => this.#ask(body), { endsAt, now: this.#now, random: Math.random, sleep }),
    );
    return withinTime(flight, timeoutMs, signal);
  }

  /** Forget a token that somebody has refused; but not one after the other, for the next may be no better. */
  drop(request: TokenRequest, { token }: Pick<IssuedToken, 'token'>): void {
    this.#cache.drop(keyOf(JSON.stringify(request)), token);
  }

  /**
   * `fetch` that sends a token along. A 401 is answered with a fresh token, once, where the body can be sent again.
   * https://www.rfc-editor.org/rfc/rfc6750#section-2.1
   */
  fetch(request: TokenRequest): typeof globalThis.fetch {
    return async (input, init = {}) => {
      const get = () => this.get(request, init.signal ? { signal: init.signal } : {});
      const send = async (issued: IssuedToken) => {
        const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined));
        headers.set('authorization', `Bearer ${issued.token}`);
        const target = input instanceof Request && isRepeatable(input, init) ? input.clone() : input;
        return this.#fetch(target, { ...init, headers });
      };
      const issued = await get();
      const response = await send(issued);
      if (response.status !== 401) return response;
      this.drop(request, issued);
      if (!isRepeatable(input, init)) return response;
      const fresh = await get();
      if (fresh.token === issued.token) return response;
      await response.body?.cancel();
      return send(fresh);
    };
  }

  async #ask(body: string): Promise<IssuedToken> {
    const { url, region, read } = this.#endpoint;
    const headers = { 'content-type': 'application/json' };
    const signed = region ? await this.#signed(url, region, body, headers) : { method: 'POST', headers, body };
    let response: Response;
    try {
      response = await this.#fetch(url, { ...signed, signal: AbortSignal.timeout(ATTEMPT_MS) });
    } catch (cause) {
      throw new TokenError('unreachable', `the issuer must answer within ${ATTEMPT_MS} ms, it does not`, { cause });
    }
    return read(response);
  }

  async #signed(url: string, region: string, body: string, headers: Record<string, string>): Promise<RequestInit> {
    const { accessKeyId, secretAccessKey, sessionToken } = await this.#credentials();
    const keys = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
    const signer = new AwsV4Signer({ url, method: 'POST', headers, body, service: 'lambda', region, ...keys });
    const signed = await signer.sign();
    return { method: signed.method, headers: signed.headers, body };
  }
}

export const tokenClient = (options: TokenClientOptions): TokenClient => new TokenClient(options);

function endpointOf(options: TokenClientOptions, environment: Readonly<Record<string, string | undefined>>): Endpoint {
  const { url, functionName } = options;
  const region = options.region ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
  if ((url === undefined) === (functionName === undefined)) {
    throw new TokenError('options_invalid', 'either url or functionName must be given');
  }
  if (url !== undefined) return urlEndpoint(url, options.region);
  const endpoint = environment.AWS_ENDPOINT_URL_LAMBDA ?? environment.AWS_ENDPOINT_URL;
  return invokeEndpoint(functionName as string, region, endpoint);
}

/** Of what is sent: two that are sent alike are one, and the order of members says nothing. */
function keyOf(body: string): string {
  return JSON.stringify(sorted(JSON.parse(body)));
}

/** An object becomes a list that no list becomes: two requests must never share a token by accident. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return ['list', ...value.map(sorted)];
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return ['object', ...members.map(([name, member]) => [name, sorted(member)])];
}

/** A stream is gone once it was sent. */
function isRepeatable(input: Parameters<typeof fetch>[0], { body }: RequestInit): boolean {
  if (body instanceof ReadableStream) return false;
  return body != null || !(input instanceof Request) || input.body === null;
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

async function withinTime<T>(flight: Promise<T>, timeoutMs: number, signal: AbortSignal | undefined): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort: (() => void) | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new TokenError('timed_out', `there must be a token within ${timeoutMs} ms, there is none`)),
        timeoutMs,
      );
      abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      flight.then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    if (abort) signal?.removeEventListener('abort', abort);
  }
}
