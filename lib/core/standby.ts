/** Which pending keys stand by, and why another one has to be made. */
import type { Policy } from './config.ts';
import type { PendingKey } from './keyring.ts';
import { cannotSign, type Seen } from './look.ts';

/** A pending key whose canary failed in so many ticks will never sign. */
export const MAX_CANARY_FAILURES = 3;

export interface Useless {
  /** For the history of the key. */
  readonly reason: string;
  readonly why: string;
}

/** Why the key will never sign, whatever the policy wants, if it will not. */
export function willNotSign(key: PendingKey, seen: Pick<Seen, 'kms'>): Useless | undefined {
  if ((key.canaryFailures ?? 0) >= MAX_CANARY_FAILURES)
    return { reason: 'canary failed', why: `its canary failed ${MAX_CANARY_FAILURES} times` };
  if (cannotSign(seen, key))
    return { reason: 'unusable in KMS', why: `it is ${seen.kms.get(key.keyArn)?.state} in KMS` };
  return undefined;
}

/** Why a pending key is no standby, if it is none. */
export const useless = (key: PendingKey, seen: Pick<Seen, 'kms'>, policy: Policy): Useless | undefined =>
  key.algorithm === policy.algorithm
    ? willNotSign(key, seen)
    : { reason: 'algorithm changed', why: `${key.algorithm} is no longer wanted` };
