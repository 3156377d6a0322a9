/**
 * The keys of one issuer, kept and renewed. Ages are checked when a key is asked for and never by a timer, so that a
 * process which was frozen does not wake up with keys of another day:
 *
 * - younger than `keysMaxAge`, the set is used;
 * - older, it is fetched anew first; while that fails, the old one serves until it has reached `keysCeiling`;
 * - then nothing verifies until a fetch succeeds.
 *
 * A kid that is not in the set makes it be fetched anew too. Every fetch brings the whole set, and one follows another
 * after `keysCooldown` at the soonest: forged kids cost one fetch in that time, and they bring the true ones along.
 */
import { refuse } from './errors.ts';
import type { Listener } from './events.ts';
import { type FetchJwks, fetchJwks } from './fetch-jwks.ts';
import { type Jwks, readJwks } from './jwks.ts';
import type { VerifyingKey } from './key.ts';

export interface KeySetOptions {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly algorithms: ReadonlySet<string>;
  /** Seconds, each of them. */
  readonly keysMaxAge: number;
  readonly keysCeiling: number;
  readonly keysCooldown: number;
  readonly keysTimeout: number;
  readonly fetch: FetchJwks;
  /** In seconds. */
  readonly clock: () => number;
  readonly emit: Listener;
}

interface Held extends Jwks {
  /** Which attempt brought it: what was asked for later is newer, whenever it comes. */
  readonly attempt: number;
  readonly askedAt: number;
}

/** Without a usable set every token is refused, so the first tries follow one another faster: after 1, 2, 4, … seconds. */
const FIRST_PAUSE = 1;

export class KeySet {
  readonly #options: KeySetOptions;
  #held: Held | undefined;
  #pending: { readonly askedAt: number; readonly done: Promise<void> } | undefined;
  #attempts = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** In a row. */
  #failures = 0;
  #fault = 'it was not fetched yet';

  constructor(options: KeySetOptions) {
    this.#options = options;
  }

  /** The key, where a set that is young enough has it. */
  known(kid: string): VerifyingKey | undefined {
    return this.#fresh()?.keys.get(kid);
  }

  /**
   * The key, after the set was renewed.
   * @throws VerificationError `key_unknown`, `key_refused`, `keys_unavailable`
   */
  async find(kid: string): Promise<VerifyingKey> {
    await this.#renew();
    const held = this.#usable();
    const key = held?.keys.get(kid);
    if (key !== undefined) return key;
    // A set that could not be renewed does not know which keys there are by now.
    if (held === undefined || this.#fresh() === undefined) return this.#unavailable();
    const fault = held.refused.get(kid);
    if (fault !== undefined)
      refuse('key_refused', `the key that kid names is not accepted: ${fault}`, { claim: 'kid' });
    return refuse('key_unknown', 'kid must name a key of the issuer', { claim: 'kid' });
  }

  /** @throws VerificationError `keys_unavailable` when there is no usable set, and none can be had */
  async hydrate(): Promise<void> {
    if (this.#fresh() === undefined) await this.#renew();
    if (this.#usable() === undefined) this.#unavailable();
  }

  #unavailable(): never {
    return refuse('keys_unavailable', `the keys of the issuer are not available: ${this.#fault}`, {
      reason: 'unavailable',
    });
  }

  #fresh(): Held | undefined {
    return this.#youngerThan(this.#options.keysMaxAge);
  }

  #usable(): Held | undefined {
    return this.#youngerThan(this.#options.keysCeiling);
  }

  #youngerThan(seconds: number): Held | undefined {
    return this.#held !== undefined && this.#since(this.#held.askedAt) < seconds ? this.#held : undefined;
  }

  /** A clock that was set back has lost count: what it says of the time before is not believed. */
  #since(instant: number): number {
    const seconds = this.#options.clock() - instant;
    return seconds >= 0 ? seconds : Number.POSITIVE_INFINITY;
  }

  /** Never rejects. Whoever needs the set while it is being fetched waits for that fetch. */
  #renew(): Promise<void> {
    const pending = this.#pending;
    // One that was under way when the process was frozen may never end.
    if (pending !== undefined && sharesPromises() && this.#since(pending.askedAt) < this.#options.keysTimeout) {
      return pending.done;
    }
    if (this.#since(this.#askedAt) < this.#pause()) return Promise.resolve();
    this.#askedAt = this.#options.clock();
    this.#attempts += 1;
    const mine = { askedAt: this.#askedAt, done: this.#ask(this.#attempts, this.#askedAt) };
    this.#pending = mine;
    return mine.done.finally(() => {
      if (this.#pending === mine) this.#pending = undefined;
    });
  }

  #pause(): number {
    const { keysCooldown } = this.#options;
    if (this.#usable() !== undefined) return keysCooldown;
    return this.#failures === 0 ? 0 : Math.min(FIRST_PAUSE * 2 ** (this.#failures - 1), keysCooldown);
  }

  async #ask(attempt: number, askedAt: number): Promise<void> {
    const { issuer, jwksUrl, algorithms, fetch, keysTimeout, emit } = this.#options;
    try {
      const jwks = await readJwks(await fetchJwks(jwksUrl, fetch, keysTimeout), algorithms);
      if (attempt > (this.#held?.attempt ?? 0)) this.#held = { ...jwks, attempt, askedAt };
      this.#failures = 0;
      emit({ type: 'keys_fetched', issuer, keys: jwks.keys.size, refused: jwks.refused.size });
    } catch (error) {
      this.#fault = error instanceof Error ? error.message : 'it failed';
      this.#failures += 1;
      emit({ type: 'keys_failed', issuer, fault: this.#fault, usable: this.#usable() !== undefined });
    }
  }
}

/** Cloudflare Workers: who waits for a promise of another request may wait for ever (panva/jose#355, #509). */
const sharesPromises = (): boolean => globalThis.navigator?.userAgent !== 'Cloudflare-Workers';
