/** What a burn costs, told honestly: who accepts the burned key until when, and who rejects the fresh one. */
import type { Policy } from './config.ts';
import type { ActiveKey, Keyring } from './keyring.ts';
import { copyAge } from './stale-copies.ts';
import { blindSeconds, fetchesOnce, VERIFIERS, type Verifier } from './verifiers.ts';

export interface Exposure {
  readonly verifier: string;
  readonly title: string;
  /**
   * The last instant at which it may accept a token of the burned key. `fresh-kid`: it keeps known keys until a token of
   * the fresh key makes it fetch, or until it restarts. `restart`: not even that token makes it drop the key.
   */
  readonly acceptsBurnedUntil: number | 'fresh-kid' | 'restart';
  /** Until when it may reject tokens of the fresh key. Absent: the fresh key signs when it has long been able to know it. */
  readonly rejectsFreshUntil?: number;
  /** Until when it may reject tokens of the standby that signs until then. Absent: it has long been able to know it. */
  readonly rejectsStandbyUntil?: number;
}

/** Whether some declared verifier would reject a key that it has never seen. */
export const someAreBlind = ({ verifiers }: Pick<Policy, 'verifiers'>): boolean =>
  (verifiers ?? []).some(({ refetch }) => refetch === 'never');

/**
 * @param keyring what it knows of copies that live longer than the policy's
 * @param removedAt when the document without the burned key was published
 * @param freshAt when the fresh key signs (or will)
 * @param standby what signs until then: after a rotation it has not had its lead, and a burn does not wait for it
 */
export function exposure(
  keyring: Pick<Keyring, 'longPromise'>,
  policy: Policy,
  removedAt: number,
  freshAt: number,
  standby?: Pick<ActiveKey, 'observedAt'>,
): Exposure[] {
  const declared = policy.verifiers ?? Object.values(VERIFIERS).filter((verifier) => !fetchesOnce(verifier));
  // Two machines' clocks err: whose says when the key left, and the verifier's.
  const skew = 2 * policy.clockSkew;
  const oldest = removedAt + copyAge(keyring, policy, removedAt) + skew;
  return declared.map((verifier) => ({
    verifier: verifier.name,
    title: verifier.title,
    acceptsBurnedUntil: acceptsBurnedUntil(verifier, oldest),
    ...rejects(verifier, oldest, freshAt),
    ...(standby &&
      rejectsStandby(verifier, standby.observedAt + copyAge(keyring, policy, standby.observedAt) + skew, removedAt)),
  }));
}

/** @param oldest when the last set with the burned key could be fetched */
export function acceptsBurnedUntil(verifier: Verifier, oldest: number): Exposure['acceptsBurnedUntil'] {
  const { keyCache, keepsRemovedKeys } = verifier;
  if (Number.isFinite(keyCache)) return oldest + keyCache;
  return keepsRemovedKeys ? 'restart' : 'fresh-kid';
}

/**
 * The fresh key enters with the very document that the burned one leaves. Who fetches for an unknown kid may just have
 * fetched for another one.
 */
function rejects(verifier: Verifier, oldest: number, freshAt: number): { rejectsFreshUntil?: number } {
  const known = oldest + blindSeconds(verifier);
  return known > freshAt ? { rejectsFreshUntil: known } : {};
}

function rejectsStandby(verifier: Verifier, oldest: number, now: number): { rejectsStandbyUntil?: number } {
  const known = oldest + blindSeconds(verifier);
  return known > now ? { rejectsStandbyUntil: known } : {};
}
