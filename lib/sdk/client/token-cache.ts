/**
 * Tokens that are at hand, one for each request. Ages are judged when a token is asked for, never by a timer: those of a
 * frozen Lambda do not fire. A token's life is counted on the caller's clock from when it was asked for, so that two clocks
 * need not agree.
 */
import type { IssuedToken } from './issuer-endpoint.ts';

export interface CachePolicy {
  /** Part of a token's life after which the next one is fetched in the background. */
  readonly refreshAfter: number;
  readonly maxEntries: number;
  /** Milliseconds after which a fetch that has not ended is given up: a thawed Lambda may hold one that never will. */
  readonly maxFlightMs: number;
  readonly now: () => number;
  readonly random: () => number;
}

interface Held {
  readonly issued: IssuedToken;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
  readonly lifeMs: number;
  /** Age at which the next one is fetched. */
  readonly refreshMs: number;
}
interface Flight {
  readonly startedAt: number;
  readonly promise: Promise<IssuedToken>;
}
interface Entry {
  held?: Held;
  flight?: Flight;
  /** A background refresh that failed is not repeated at every call. */
  nextRefreshAt: number;
  /** Nor does an API that refuses every token make every call of it one of the issuer. */
  nextDropAt: number;
}

/** What is left of its life has to be enough to use it: a tenth, half a minute at most. */
const reserveMs = (lifeMs: number): number => Math.min(30_000, lifeMs / 10);
/** Up to so much of the age earlier: who was started together, or had to renew together, is not to come back together. */
const SPREAD = 0.1;
const REFRESH_PAUSE_MS = 5000;
const DROP_PAUSE_MS = 5000;

export class TokenCache {
  readonly #policy: CachePolicy;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();

  constructor(policy: CachePolicy) {
    this.#policy = policy;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A token that is still good, or the one that `fetch` brings: however many ask, it is called once. */
  async get(key: string, fetch: () => Promise<IssuedToken>): Promise<IssuedToken> {
    const entry = this.#entry(key);
    const { held } = entry;
    const age = held ? this.#policy.now() - held.askedAt : 0;
    // A clock that was set back makes no token young.
    if (!held || age < 0 || age >= held.lifeMs - reserveMs(held.lifeMs)) return this.#fly(key, entry, fetch);
    if (age >= held.refreshMs && this.#policy.now() >= entry.nextRefreshAt) {
      entry.nextRefreshAt = this.#policy.now() + REFRESH_PAUSE_MS;
      this.#fly(key, entry, fetch).catch(() => undefined);
    }
    return held.issued;
  }

  /** Somebody refused this very token: the next call fetches another, unless one was dropped a moment ago. */
  drop(key: string, token: string): void {
    const entry = this.#entries.get(key);
    if (entry?.held?.issued.token !== token || this.#policy.now() < entry.nextDropAt) return;
    entry.nextDropAt = this.#policy.now() + DROP_PAUSE_MS;
    delete entry.held;
  }

  #entry(key: string): Entry {
    const entry = this.#entries.get(key) ?? { nextRefreshAt: 0, nextDropAt: 0 };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#policy.maxEntries) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return entry;
  }

  #fly(key: string, entry: Entry, fetch: () => Promise<IssuedToken>): Promise<IssuedToken> {
    const { now, maxFlightMs, refreshAfter, random } = this.#policy;
    const age = entry.flight ? now() - entry.flight.startedAt : 0;
    if (entry.flight && age >= 0 && age <= maxFlightMs) return entry.flight.promise;
    const askedAt = now();
    const promise = fetch().then((issued) => {
      const lifeMs = (issued.expiresAt - issued.issuedAt) * 1000;
      entry.held = { issued, askedAt, lifeMs, refreshMs: lifeMs * refreshAfter * (1 - SPREAD * random()) };
      return issued;
    });
    const flight = { startedAt: askedAt, promise };
    entry.flight = flight;
    const land = () => {
      if (entry.flight === flight) delete entry.flight;
      // What only failed needs no place.
      if (!entry.held && !entry.flight && this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    promise.then(land, land);
    return promise;
  }
}
