/**
 * Tokens that are at hand, one for each request. Ages are judged when a token is asked for, never by a timer: those of a
 * frozen Lambda do not fire. A token's life is counted on the caller's clock from when it was asked for, so that two clocks
 * need not agree.
 */
import { type Chance, Flight, type Landed } from './flight.ts';
import type { IssuedToken } from './issuer-answer.ts';

export interface CachePolicy extends Chance {
  /** Part of a token's life after which the next one is fetched in the background. */
  readonly refreshAfter: number;
  readonly maxEntries: number;
}

interface Held {
  readonly issued: IssuedToken;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
  readonly lifeMs: number;
  /** Age at which the next one is fetched. */
  readonly refreshMs: number;
}
interface Entry {
  held?: Held;
  /** Somebody refused it, and nobody has tried for another since. */
  isRefused: boolean;
  flight?: Flight;
  /** The flight, if it began after what is held was refused. One that began before may bring the burned key's. */
  renewal?: Flight;
  /** A background refresh that failed is not repeated at every call. */
  refreshedAt: number;
  /** Nor does an API that refuses every token make every call of it one of the issuer. */
  refusedAt: number;
}

/** A token that is still good, or the flight that brings one; both where the token is one that somebody has refused. */
export interface Found {
  readonly held?: IssuedToken | undefined;
  readonly flight?: Flight | undefined;
}

/** What is left of its life has to be enough to use it: a tenth, half a minute at most. */
const reserveMs = (lifeMs: number): number => Math.min(30_000, lifeMs / 10);
/** Up to so much of the age earlier: who was started together, or had to renew together, is not to come back together. */
const SPREAD = 0.1;
const PAUSE_MS = 5000;
const renewalOf = (entry?: Entry): Flight | undefined => (entry?.renewal?.isLost ? undefined : entry?.renewal);

export class TokenCache {
  readonly #policy: CachePolicy;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();

  constructor(policy: CachePolicy) {
    this.#policy = policy;
  }

  /** However many ask, `attempt` is under way once. */
  get(key: string, attempt: () => Promise<Landed>): Found {
    const entry = this.#entry(key);
    const { held } = entry;
    const age = held ? this.#policy.now() - held.askedAt : 0;
    // A clock that was set back makes no token young.
    if (!held || age < 0 || age >= held.lifeMs - reserveMs(held.lifeMs))
      return { flight: this.#fly(key, entry, attempt) };
    if (entry.isRefused) return { held: held.issued, flight: this.#fly(key, entry, attempt) };
    if (age >= held.refreshMs && !this.#isRecent(entry.refreshedAt)) {
      entry.refreshedAt = this.#policy.now();
      this.#fly(key, entry, attempt);
    }
    return { held: held.issued };
  }

  /** Somebody refused this very token: the next call fetches another, unless one was refused a moment ago. */
  refuse(key: string, token: string): void {
    const entry = this.#entries.get(key);
    if (entry?.held?.issued.token !== token || renewalOf(entry) || this.#isRecent(entry.refusedAt)) return;
    entry.refusedAt = this.#policy.now();
    entry.isRefused = true;
    delete entry.flight;
  }

  /** What is to be had in place of one that was refused. It may be the very same, if another cannot be asked for yet. */
  replacement(key: string, token: string, attempt: () => Promise<Landed>): Found {
    this.refuse(key, token);
    const renewal = renewalOf(this.#entries.get(key));
    return renewal ? { flight: renewal } : this.get(key, attempt);
  }

  /** A time that lies ahead is one of a clock that was set back since. */
  #isRecent(time: number): boolean {
    const age = this.#policy.now() - time;
    return age >= 0 && age < PAUSE_MS;
  }

  #entry(key: string): Entry {
    const entry = this.#entries.get(key) ?? { isRefused: false, refreshedAt: -PAUSE_MS, refusedAt: -PAUSE_MS };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#policy.maxEntries) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return entry;
  }

  #fly(key: string, entry: Entry, attempt: () => Promise<Landed>): Flight {
    if (entry.flight && !entry.flight.isLost) return entry.flight;
    const flight = new Flight(attempt, this.#policy);
    entry.flight = flight;
    if (entry.isRefused) entry.renewal = flight;
    else delete entry.renewal;
    // One that was given up lands nowhere: what it brings is older than what was asked for since.
    const isCurrent = () => entry.flight === flight;
    const land = (landed?: Landed) => {
      if (!isCurrent()) return;
      delete entry.flight;
      delete entry.renewal;
      if (landed) Object.assign(entry, { held: this.#held(landed), isRefused: false });
      // What only failed needs no place.
      else if (!entry.held && this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    flight.first.catch(() => {
      if (isCurrent()) entry.isRefused = false;
    });
    flight.landed.then(land, () => land());
    return flight;
  }

  #held({ issued, askedAt }: Landed): Held {
    const { refreshAfter, random } = this.#policy;
    const lifeMs = (issued.expiresAt - issued.issuedAt) * 1000;
    return { issued, askedAt, lifeMs, refreshMs: lifeMs * refreshAfter * (1 - SPREAD * random()) };
  }
}
