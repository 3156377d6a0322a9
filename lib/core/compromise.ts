/**
 * What a burn does to the keyring, in one write: the keys are compromised, the observed standby signs, and a fresh key
 * is intended whose kid nobody has seen.
 */
import type { Policy } from './config.ts';
import { KeyturnError } from './errors.ts';
import { burnImported, importedKeys, isBurnedImport } from './imports.ts';
import {
  type CompromisedKey,
  type Intent,
  isObserved,
  isRendered,
  type Key,
  type Keyring,
  type ObservedKey,
  pendingKeys,
} from './keyring.ts';
import { leadEnd } from './stale-copies.ts';
import { activate, activationTerms } from './transitions.ts';

export interface CompromiseTerms {
  readonly reason: string;
  /** Whether the fresh key signs as soon as the edge shows it, even if some verifiers will not know it yet. */
  readonly immediate: boolean;
  /** Opened unless another one is open: a key that is not published yet is as fresh. */
  readonly intent: Intent;
  /** What KMS has said cannot sign does not take over. Absent: it has said nothing. */
  readonly isUnusable?: (key: ObservedKey) => boolean;
}

/**
 * Idempotent: a key that is compromised already stays as it is. Retaining a key does not protect it from this.
 * @throws KeyturnError `transition_refused` for a kid that the keyring does not hold
 */
export function compromise(
  keyring: Keyring,
  kids: readonly string[],
  { reason, immediate, intent, isUnusable = () => false }: CompromiseTerms,
  policy: Policy,
  now: number,
): Keyring {
  for (const kid of kids) {
    if (keyring.keys.some((key) => key.kid === kid) || isBurnedImport(keyring, kid)) continue;
    if (importedKeys(keyring).some(({ jwk }) => jwk.kid === kid)) continue;
    throw new KeyturnError('transition_refused', `key ${kid} is not in the keyring: ${describe(keyring)}`);
  }
  const burned = keyring.keys.filter((key) => kids.includes(key.kid) && key.state !== 'compromised');
  // It has no KMS key: out of the documents it is out of the world.
  const others = burnImported(keyring, kids, reason, now);
  // Asked again, perhaps in more of a hurry.
  if (burned.length === 0 && others === keyring) return hurry(keyring, immediate);
  const isRemoved = others !== keyring || burned.some(isRendered);
  const documentVersion = keyring.documentVersion + (isRemoved ? 1 : 0);
  const mark = (key: Key): Key => (burned.includes(key) ? compromised(key, reason, documentVersion, now) : key);
  const marked: Keyring = {
    ...others,
    documentVersion,
    keys: keyring.keys.map(mark),
    intent: keyring.intent ?? intent,
    flush: { at: now, afterVersion: documentVersion, immediate: immediate || (keyring.flush?.immediate ?? false) },
  };
  return burned.some((key) => key.state === 'active') ? promote(marked, isUnusable, policy, now) : marked;
}

const hurry = (keyring: Keyring, immediate: boolean): Keyring =>
  immediate && keyring.flush && !keyring.flush.immediate
    ? { ...keyring, flush: { ...keyring.flush, immediate } }
    : keyring;

function compromised(key: Key, reason: string, documentVersion: number, now: number): CompromisedKey {
  const { kid, keyArn } = key;
  return isRendered(key)
    ? {
        state: 'compromised',
        kid,
        keyArn,
        endedAt: key.state === 'grace' ? key.endedAt : now,
        reason,
        removedInVersion: documentVersion,
      }
    : { state: 'compromised', kid, keyArn, endedAt: key.endedAt, reason, removedInVersion: key.removedInVersion };
}

/** The standby that verifiers have seen takes over, and if it must, before its lead is over. None: nothing signs. */
function promote(keyring: Keyring, isUnusable: (key: ObservedKey) => boolean, policy: Policy, now: number): Keyring {
  const seen = pendingKeys(keyring)
    .filter(isObserved)
    .filter((key) => !isUnusable(key));
  const standby = seen.findLast((key) => key.algorithm === policy.algorithm) ?? seen.at(-1);
  if (!standby) return keyring;
  const early = now < leadEnd(keyring, policy, standby.observedAt);
  return activate(keyring, standby, activationTerms(policy, now, early ? 'burn' : undefined), now);
}

const describe = (keyring: Keyring): string =>
  `it holds ${keyring.keys.map(({ kid, state }) => `${kid} (${state})`).join(', ')}`;
