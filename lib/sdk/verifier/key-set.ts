/**
 * The keys of one issuer, kept and renewed. Ages are checked when a key is asked for and never by a timer, so that a
 * process which was frozen does not wake up with keys of another day:
 *
 * - younger than `keysMaxAge`, the set is used;
 * - older, it is fetched anew first; while that fails, or takes longer than a second, the old one serves until it has
 *   reached `keysCeiling`;
 * - then nothing verifies until a fetch succeeds.
 *
 * A kid that is not in the set makes it be fetched anew too. Every fetch brings the whole set, and one follows another
 * after `keysCooldown` at the soonest: forged kids cost one fetch in that time, and they bring the true ones along.
 *
 * What an answer no longer lists is gone, even if it lists nothing that verifies here.
 */
import { refuse } from './errors.ts';
import type { Listener } from './events.ts';
import { type FetchJwks, fetchJwks } from './fetch-jwks.ts';
import { type Fetching, fetching, lookOut, sharesPromises } from './fetching.ts';
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
  /** By so much the clock may be set back, and is believed. */
  readonly clockTolerance: number;
  readonly fetch: FetchJwks;
  /** In seconds. */
  readonly clock: () => number;
  readonly emit: Listener;
}

interface Held extends Jwks {
  readonly askedAt: number;
}

/** Without a usable set every token is refused, so the first tries follow one another faster: after 1, 2, 4, … seconds. */
const FIRST_PAUSE = 1;

export class KeySet {
  readonly #options: KeySetOptions;
  #held: Held | undefined;
  #pending: Fetching | undefined;
  #attempts = 0;
  /** Of the attempts that were answered: what was asked for later is newer, whenever it comes. */
  #newest = 0;
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
    await this.#renew(this.#usable()?.keys.has(kid) ?? false);
    const held = this.#usable();
    const key = held?.keys.get(kid);
    if (key !== undefined) return key;
    if (this.#underWay() !== undefined) this.#unavailable('they are being fetched');
    // A set that could not be renewed does not know which keys there are by now.
    if (held === undefined || this.#fresh() === undefined) return this.#unavailable();
    const fault = held.refused.get(kid);
    if (fault !== undefined)
      refuse('key_refused', `the key that kid names is not accepted: ${fault}`, { claim: 'kid' });
    return refuse('key_unknown', 'kid must name a key of the issuer', { claim: 'kid' });
  }

  /** @throws VerificationError `keys_unavailable` when there is no usable set, and none can be had */
  async hydrate(): Promise<void> {
    if (this.#fresh() === undefined) await this.#renew(this.#usable() !== undefined);
    if (this.#usable() === undefined) this.#unavailable();
  }

  #unavailable(fault = this.#fault): never {
    return refuse('keys_unavailable', `the keys of the issuer are not available: ${fault}`, { reason: 'unavailable' });
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

  /** A clock that was set back far has lost count: what it says of the time before is not believed. */
  #since(instant: number): number {
    const seconds = this.#options.clock() - instant;
    return seconds >= -this.#options.clockTolerance ? seconds : Number.POSITIVE_INFINITY;
  }

  /** One that was under way when a Lambda was frozen may never end. */
  #underWay(): Fetching | undefined {
    const pending = this.#pending;
    return pending !== undefined && this.#since(pending.askedAt) < this.#options.keysTimeout ? pending : undefined;
  }

  /**
   * Never rejects. Whoever needs the set while it is being fetched waits for that fetch.
   * @param isServed whether the key is there already: then a set that comes late is for whoever asks next
   */
  async #renew(isServed: boolean): Promise<void> {
    let pending = this.#underWay();
    if (pending !== undefined && !sharesPromises()) {
      if (isServed) return;
      const late = await lookOut(() => this.#underWay(), this.#options.keysTimeout);
      // Who comes first starts another one, and the rest look out for that.
      if (late !== undefined && late === this.#pending && this.#usable() === undefined) this.#pending = undefined;
      if (this.#underWay() !== undefined) return;
      pending = undefined;
    }
    pending ??= this.#start();
    await (isServed ? pending?.soon : pending?.done);
  }

  /** Undefined where it is too early for one. */
  #start(): Fetching | undefined {
    if (this.#since(this.#askedAt) < this.#pause()) return undefined;
    this.#askedAt = this.#options.clock();
    this.#attempts += 1;
    const done = this.#ask(this.#attempts, this.#askedAt).finally(() => {
      if (this.#pending === mine) this.#pending = undefined;
    });
    const mine = fetching(this.#askedAt, done);
    this.#pending = mine;
    return mine;
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
      if (attempt > this.#newest) this.#take(jwks, askedAt);
      this.#newest = Math.max(this.#newest, attempt);
      if (jwks.keys.size === 0) throw new Error(`it has no usable key (${[...jwks.refused.values()][0]})`);
      this.#failures = 0;
      emit({ type: 'keys_fetched', issuer, keys: jwks.keys.size, refused: jwks.refused.size });
    } catch (error) {
      this.#fault = error instanceof Error ? error.message : 'it failed';
      this.#failures += 1;
      emit({ type: 'keys_failed', issuer, fault: this.#fault, usable: this.#usable() !== undefined });
    }
  }

  /** A set of which nothing verifies here renews none of the keys that are held, and those that it lacks are gone. */
  #take(jwks: Jwks, askedAt: number): void {
    if (jwks.keys.size > 0) {
      this.#held = { ...jwks, askedAt };
    } else if (this.#held !== undefined) {
      const keys = new Map([...this.#held.keys].filter(([kid]) => jwks.refused.has(kid)));
      this.#held = keys.size > 0 ? { ...this.#held, keys } : undefined;
    }
  }
}
