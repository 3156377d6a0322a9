/**
 * One edge location of the production distribution: a cache in front of the bucket's public objects. The key is the path
 * alone; query, cookies and headers change nothing. Freshness follows the origin's Cache-Control, with stale copies while
 * revalidating and on errors, because a rotation is only as safe as what an edge may still be serving.
 */
import { type Lifetime, lifetime } from './cache-control.ts';

export interface OriginAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}
/** Fetches an object; answers 304 when it still has this ETag. A rejection is an origin that cannot be reached. */
export type Origin = (path: string, etag: string | undefined) => Promise<OriginAnswer>;

export interface EdgeRequest {
  readonly method: string;
  /** With or without a query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
}
/** With what every answer of the distribution has: CORS and security headers, `Age`, `X-Cache`. */
export type EdgeAnswer = OriginAnswer;

interface Copy extends OriginAnswer, Lifetime {
  /** Seconds since 1970; moves on when the origin confirms the copy. */
  readonly storedAt: number;
  /** After a failure the origin is left alone until then. */
  readonly retryAt: number;
}

export interface EdgeOptions {
  readonly origin: Origin;
  /** Seconds since 1970. */
  readonly now?: () => number;
  /** What else every answer has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The Error Caching Minimum TTL; CloudFront's own default is 10. */
  readonly errorSeconds?: number;
}

/** The distribution's policy of response headers. */
const POLICY_HEADERS = {
  'access-control-allow-origin': '*',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
const PREFLIGHT_HEADERS = { 'access-control-allow-methods': 'GET, HEAD, OPTIONS', 'access-control-max-age': '600' };
const METHODS = ['GET', 'HEAD', 'OPTIONS'];

export class EdgeCache {
  /** While set, the origin cannot be reached: what an outage of S3 looks like from here. */
  originFails = false;
  /** While set, copies neither expire nor are invalidated: an edge location that lags behind. */
  frozen = false;
  readonly #copies = new Map<string, Copy>();
  readonly #fetches = new Map<string, Promise<Copy>>();
  readonly #origin: Origin;
  readonly #now: () => number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #errorSeconds: number;
  /** Raised by every invalidation: a fetch that began before it must not bring an old copy back. */
  #generation = 0;

  constructor({ origin, now = () => Date.now() / 1000, headers = {}, errorSeconds = 10 }: EdgeOptions) {
    this.#origin = origin;
    this.#headers = headers;
    this.#now = now;
    this.#errorSeconds = errorSeconds;
  }

  async handle({ method, path, headers = {} }: EdgeRequest): Promise<EdgeAnswer> {
    if (!METHODS.includes(method))
      return refusal(405, 'This distribution allows GET, HEAD and OPTIONS.', { allow: METHODS.join(', ') });
    if (method === 'OPTIONS') return { status: 204, headers: { ...POLICY_HEADERS, ...PREFLIGHT_HEADERS }, body: EMPTY };
    const { copy, cache } = await this.#lookup(cacheKey(path));
    const answer: Record<string, string> = {
      ...copy.headers,
      ...POLICY_HEADERS,
      ...this.#headers,
      ...(cache !== 'Miss' && { age: String(Math.max(0, Math.floor(this.#now() - copy.storedAt))) }),
      'x-cache': `${copy.status >= 400 ? 'Error' : cache} from cloudfront`,
    };
    if (copy.status === 200 && matches(headers['if-none-match'], copy.headers.etag)) {
      const { 'content-length': _, ...kept } = answer;
      return { status: 304, headers: kept, body: EMPTY };
    }
    return { status: copy.status, headers: answer, body: method === 'HEAD' ? EMPTY : copy.body };
  }

  /** Forgets the copies of these paths; a path that ends in `*` is a prefix. */
  invalidate(paths: readonly string[]): void {
    if (this.frozen) return;
    this.#generation += 1;
    this.#fetches.clear();
    for (const path of paths) {
      for (const key of this.#copies.keys()) {
        if (path.endsWith('*') ? key.startsWith(path.slice(0, -1)) : key === cacheKey(path)) this.#copies.delete(key);
      }
    }
  }

  async #lookup(key: string): Promise<{ copy: Copy; cache: 'Hit' | 'Miss' | 'RefreshHit' }> {
    const known = this.#copies.get(key);
    if (known === undefined) return { copy: await this.#fetch(key, undefined), cache: 'Miss' };
    const staleFor = this.#now() - known.storedAt - known.freshSeconds;
    if (this.frozen || staleFor < 0) return { copy: known, cache: 'Hit' };
    if (this.#now() < known.retryAt && staleFor < known.staleIfError) return { copy: known, cache: 'Hit' };
    const fetched = this.#fetch(key, known);
    if (staleFor < known.staleWhileRevalidate) return { copy: known, cache: 'Hit' };
    const copy = await fetched;
    return { copy, cache: copy.body === known.body ? 'RefreshHit' : 'Miss' };
  }

  /** One request to the origin for all who wait for the same object ("request collapsing"). */
  #fetch(key: string, known: Copy | undefined): Promise<Copy> {
    const running = this.#fetches.get(key);
    if (running !== undefined) return running;
    const generation = this.#generation;
    const fetched = this.#ask(key, known).then((copy) => {
      if (this.#fetches.get(key) === fetched) this.#fetches.delete(key);
      if (copy.isStored && generation === this.#generation) this.#copies.set(key, copy);
      if (!copy.isStored && generation === this.#generation) this.#copies.delete(key);
      return copy;
    });
    this.#fetches.set(key, fetched);
    return fetched;
  }

  async #ask(key: string, known: Copy | undefined): Promise<Copy> {
    const answer = withLength(await this.#fromOrigin(key, known?.status === 200 ? known.headers.etag : undefined));
    const now = this.#now();
    if (answer.status === 304 && known !== undefined) return { ...known, storedAt: now, retryAt: 0 };
    if (answer.status < 400)
      return { ...answer, ...lifetime(answer.headers['cache-control']), storedAt: now, retryAt: 0 };
    const retryAt = now + this.#errorSeconds;
    // "How CloudFront processes HTTP 4xx and 5xx status codes": only a 5xx is covered by an expired copy.
    const isCovered = answer.status >= 500 && known?.status === 200;
    if (isCovered && now - known.storedAt - known.freshSeconds < known.staleIfError) return { ...known, retryAt };
    const untilRetry = { isStored: true, freshSeconds: this.#errorSeconds, staleWhileRevalidate: 0, staleIfError: 0 };
    return { ...answer, ...untilRetry, storedAt: now, retryAt };
  }

  async #fromOrigin(key: string, etag: string | undefined): Promise<OriginAnswer> {
    try {
      if (this.originFails) throw new Error('the origin is made to fail');
      return await this.#origin(key, etag);
    } catch {
      return refusal(502, 'CloudFront was unable to connect to the origin.');
    }
  }
}

const EMPTY = new Uint8Array();

/** The path without its query; `/` is the DefaultRootObject. */
function cacheKey(path: string): string {
  const [key = '/'] = path.split('?', 1);
  return key === '/' ? '/index.html' : key;
}

function refusal(status: number, sentence: string, headers: Readonly<Record<string, string>> = {}): EdgeAnswer {
  const body = Buffer.from(`${sentence}\n`);
  return {
    status,
    headers: {
      ...POLICY_HEADERS,
      'content-type': 'text/plain; charset=utf-8',
      'x-cache': 'Error from cloudfront',
      ...headers,
    },
    body,
  };
}

/** Said by hand, because an answer to HEAD has no body to measure. */
const withLength = ({ status, headers, body }: OriginAnswer): OriginAnswer => ({
  status,
  headers: { ...headers, 'content-length': String(body.length) },
  body,
});

/** RFC 9110 §13.1.2: the comparison is weak. */
function matches(ifNoneMatch: string | string[] | undefined, etag: string | undefined): boolean {
  if (ifNoneMatch === undefined || etag === undefined) return false;
  const candidates = String(ifNoneMatch)
    .split(',')
    .map((candidate) => candidate.trim().replace(/^W\//, ''));
  return candidates.includes('*') || candidates.includes(etag);
}
