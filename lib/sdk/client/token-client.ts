/** What a service asks for tokens with. */
import { Attempts } from './attempts.ts';
import { defaultCredentials } from './credentials.ts';
import { fetchWithToken } from './fetch-with-token.ts';
import type { Flight, Landed } from './flight.ts';
import type { IssuedToken } from './issuer-answer.ts';
import { checkTimeout, type GetOptions, readEndpoint, readLimits, type TokenClientOptions } from './options.ts';
import { bodyOf, keyOf, type TokenRequest } from './request.ts';
import { TokenCache } from './token-cache.ts';
import { waited } from './waiting.ts';

/** What code that needs tokens can ask for in place of `TokenClient`, so that its tests can bring a double. */
export interface TokenSource {
  /**
   * A token for the request that has at least a tenth of its life left (30 s at most), from the cache where there is one.
   * @throws TokenError with the issuer's code, or `forbidden`, `unreachable`, `timed_out`, `credentials_missing`; the
   *   signal's reason when it is aborted
   */
  get(request: TokenRequest, options?: GetOptions): Promise<IssuedToken>;
  /**
   * Somebody has refused a token: the next call tries for another. Where none is to be had the refused one is given on,
   * for it may be good elsewhere; and not one after the other is fetched, for the next may be no better.
   */
  drop(request: TokenRequest, refused: Pick<IssuedToken, 'token'>): void;
  /**
   * `fetch` that sends a token along. A 401 is answered with a fresh token, once, where there is one and the body can be
   * sent again: no stream, and no body of a `Request`.
   */
  fetch(request: TokenRequest): typeof globalThis.fetch;
}

export class TokenClient implements TokenSource {
  readonly #attempts: Attempts;
  readonly #fetch: typeof globalThis.fetch;
  readonly #timeoutMs: number;
  readonly #cache: TokenCache;

  /** @throws TokenError `options_invalid` */
  constructor(options: TokenClientOptions) {
    const environment = globalThis.process?.env ?? {};
    const { fetch = globalThis.fetch, now = Date.now, credentials = defaultCredentials(environment, fetch) } = options;
    const { timeoutMs, ...limits } = readLimits(options);
    const provider = typeof credentials === 'object' ? async () => credentials : credentials;
    this.#fetch = fetch;
    this.#timeoutMs = timeoutMs;
    this.#attempts = new Attempts({ endpoint: readEndpoint(options, environment), credentials: provider, fetch, now });
    this.#cache = new TokenCache({ ...limits, now, random: Math.random });
  }

  async get(request: TokenRequest, { signal, timeoutMs = this.#timeoutMs }: GetOptions = {}): Promise<IssuedToken> {
    signal?.throwIfAborted();
    checkTimeout(timeoutMs);
    const { key, attempt } = this.#asked(request);
    const { held, flight } = this.#cache.get(key, attempt);
    if (!flight) return held as IssuedToken;
    if (!held) return this.#landed(flight, timeoutMs, signal);
    // Somebody has refused it. It may be good elsewhere: one attempt at another is what it is worth.
    return this.#waited(flight, flight.first, timeoutMs, signal).catch(() => {
      signal?.throwIfAborted();
      return held;
    });
  }

  drop(request: TokenRequest, { token }: Pick<IssuedToken, 'token'>): void {
    this.#cache.refuse(this.#asked(request).key, token);
  }

  fetch(request: TokenRequest): typeof globalThis.fetch {
    const bearers = {
      get: (signal?: AbortSignal) => this.get(request, { signal }),
      refuse: (refused: IssuedToken) => this.drop(request, refused),
      replace: (refused: IssuedToken, signal?: AbortSignal) => this.#replace(request, refused, signal),
    };
    return fetchWithToken(bearers, this.#fetch);
  }

  async #replace(request: TokenRequest, { token }: IssuedToken, signal?: AbortSignal) {
    const { key, attempt } = this.#asked(request);
    const { held, flight } = this.#cache.replacement(key, token, attempt);
    if (!flight) return held;
    return this.#landed(flight, this.#timeoutMs, signal).catch(() => {
      signal?.throwIfAborted();
      return undefined;
    });
  }

  #asked(request: TokenRequest) {
    const body = bodyOf(request);
    return { key: keyOf(body), attempt: () => this.#attempts.attempt(body) };
  }

  #landed(flight: Flight, timeoutMs: number, signal: AbortSignal | undefined): Promise<IssuedToken> {
    // For whoever comes next, too: the most hurried must not end it for all.
    flight.join(Math.max(timeoutMs, this.#timeoutMs));
    return this.#waited(flight, flight.landed, timeoutMs, signal);
  }

  async #waited(flight: Flight, landing: Promise<Landed>, timeoutMs: number, signal: AbortSignal | undefined) {
    const { issued } = await waited(landing, { timeoutMs, signal, lastError: () => flight.lastError });
    return issued;
  }
}

export const tokenClient = (options: TokenClientOptions): TokenClient => new TokenClient(options);
