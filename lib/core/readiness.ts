/** May the standby sign, and if not, what holds it? */
import { isOpen } from './activation-window.ts';
import type { Policy } from './config.ts';
import { formatDuration, formatInstant } from './duration.ts';
import { activeKey, type Keyring, type LeadWaiver, type ObservedKey, standbyKey } from './keyring.ts';
import { cannotSign, type Seen } from './look.ts';
import { lastTurn } from './policy.ts';
import { leadEnd } from './stale-copies.ts';

export interface Readiness {
  readonly ready: boolean;
  /** Whether an activation is wanted now: a standby that is not ready then is a hold. */
  readonly wanted: boolean;
  readonly why: string;
  readonly key?: ObservedKey;
  readonly leadWaived?: LeadWaiver;
}

export function readiness(situation: { keyring: Keyring; seen: Seen; policy: Policy; now: number }): Readiness {
  const { keyring, seen, policy, now } = situation;
  const trigger = whyRotate(situation);
  const wanted = trigger !== undefined;
  const hold = (why: string): Readiness => ({ ready: false, wanted, why: trigger ? `${trigger}, but ${why}` : why });

  const key = standbyKey(keyring, policy.algorithm, (standby) => cannotSign(seen, standby));
  if (!key) return hold('no standby that can sign has been observed at the edge');
  if (!seen.edge?.kids.has(key.kid)) return hold(`the edge does not serve standby ${key.kid} now`);
  const leadWaived = waiver(keyring, key);
  const dueAt = leadEnd(keyring, policy, key.observedAt);
  if (!leadWaived && now < dueAt) {
    const left = formatDuration(dueAt - now);
    return hold(`standby ${key.kid} must be published until ${formatInstant(dueAt)}, ${left} more`);
  }
  if (!trigger) return hold('no rotation is due');
  const why = `${trigger}; standby ${key.kid} was first seen at ${formatInstant(key.observedAt)}`;
  return { ready: true, wanted, why, key, ...(leadWaived && now < dueAt && { leadWaived }) };
}

/** Why may the standby sign before its lead is over, if it may? */
function waiver(keyring: Keyring, key: ObservedKey): LeadWaiver | undefined {
  // Nobody can hold a document without a key that was in the very first one.
  if (key.sinceVersion === 1) return 'first-deployment';
  if (keyring.flush && (keyring.flush.immediate || !activeKey(keyring))) return 'burn';
  return undefined;
}

/** Why is another key to sign, whether or not one is ready? */
function whyRotate({ keyring, seen, policy, now }: Parameters<typeof readiness>[0]): string | undefined {
  const active = activeKey(keyring);
  if (!active) return 'there is no active key';
  if (cannotSign(seen, active)) return `active key ${active.kid} is ${seen.kms.get(active.keyArn)?.state} in KMS`;
  if (keyring.flush) return `a key was burned at ${formatInstant(keyring.flush.at)}`;
  if (keyring.rotationRequested) return `a rotation was requested: ${keyring.rotationRequested.reason}`;
  // From here on the calendar decides, and the calendar keeps to the window, unless the key's tokens would run out.
  if (active.notAfter !== undefined && now >= lastTurn(policy, active.notAfter)) {
    return `active key ${active.kid} reaches its cryptoperiod at ${formatInstant(active.notAfter)}`;
  }
  const age = now - active.activatedAt;
  if (age < policy.rotationPeriod) return undefined;
  if (policy.activationWindow && !isOpen(policy.activationWindow, now)) return undefined;
  return `active key ${active.kid} has signed for ${formatDuration(age)}`;
}
