/** The same request again, when it may pass: later each time, never in step with others, and within the caller's time. */
import { mayPass, type TokenError } from './errors.ts';

export interface Patience {
  /** Milliseconds since 1970. */
  readonly endsAt: number;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/** @throws whatever the last attempt threw */
export async function retried<T>(attempt: () => Promise<T>, patience: Patience): Promise<T> {
  for (let count = 0; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayPass(error)) throw error;
      const pause = pauseMs(count, error as TokenError, patience.random());
      if (patience.now() + pause >= patience.endsAt) throw error;
      await patience.sleep(pause);
    }
  }
}

/** What the issuer says is the least; the jitter comes on top, so that all who were turned away do not come back at once. */
function pauseMs(count: number, { retryAfterSeconds = 0 }: TokenError, random: number): number {
  const exponential = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** count);
  return retryAfterSeconds * 1000 + exponential * (0.5 + random / 2);
}
