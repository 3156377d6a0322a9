/**
 * One fetch of a token that all share who ask for it meanwhile. It is asked for again, when that may pass, as long as the
 * most patient of them waits: later each time, never in step with others. Whom nobody waits for is asked for once.
 */
import { mayPass, TokenError } from './errors.ts';
import type { IssuedToken } from './issuer-answer.ts';

export interface Landed {
  readonly issued: IssuedToken;
  /** Milliseconds since 1970, by the caller's clock, of the attempt that brought it. */
  readonly askedAt: number;
}
export interface Chance {
  readonly now: () => number;
  readonly random: () => number;
}

/** Within which an attempt has its answer. */
export const ATTEMPT_MS = 5000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

export class Flight {
  /** Its first attempt. */
  readonly first: Promise<Landed>;
  /** Rejects with whatever the last attempt threw. */
  readonly landed: Promise<Landed>;
  readonly #chance: Chance;
  readonly #startedAt: number;
  #patienceMs = 0;
  #lastError: unknown;

  constructor(attempt: () => Promise<Landed>, chance: Chance) {
    this.#chance = chance;
    this.#startedAt = chance.now();
    this.first = attempt();
    this.landed = this.#retried(attempt);
    // Nobody may be waiting any more.
    this.landed.catch(() => undefined);
  }

  /** Why the attempt before this one has failed. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** It should have ended by now: a thawed Lambda may hold one that never will. A clock that was set back says nothing. */
  get isLost(): boolean {
    return !this.#isWaitedFor(-ATTEMPT_MS);
  }

  /** Somebody waits for it that long, from now. */
  join(timeoutMs: number): void {
    this.#patienceMs = Math.max(this.#patienceMs, this.#age + timeoutMs);
  }

  get #age(): number {
    return this.#chance.now() - this.#startedAt;
  }

  #isWaitedFor(afterMs: number): boolean {
    return this.#age >= 0 && this.#age + afterMs < this.#patienceMs;
  }

  async #retried(attempt: () => Promise<Landed>): Promise<Landed> {
    let landing = this.first;
    for (let count = 0; ; count++) {
      try {
        return await landing;
      } catch (error) {
        this.#lastError = error;
        const pause = pauseMs(count, error, this.#chance.random());
        if (!mayPass(error) || !this.#isWaitedFor(pause)) throw error;
        await sleep(pause);
        // An hour may have passed, or have been taken back.
        if (!this.#isWaitedFor(0)) throw error;
        landing = attempt();
      }
    }
  }
}

/** What the issuer says is the least; the jitter comes on top, so that all who were turned away do not come back at once. */
function pauseMs(count: number, error: unknown, random: number): number {
  const { retryAfterSeconds = 0 } = error instanceof TokenError ? error : {};
  const exponential = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** count);
  return retryAfterSeconds * 1000 + exponential * (0.5 + random / 2);
}

/** Whoever waits keeps the process alive; a pause does not. */
const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    const timer: { unref?(): void } = setTimeout(resolve, milliseconds);
    timer.unref?.();
  });
