/**
 * The only ways in which a keyring changes. Each takes a keyring and answers with the next one, or refuses; whatever it
 * does not know in the stored object stays. `documentVersion` is raised where the rendered keys change, or what one of them
 * has promised.
 */
import { KeyturnError } from './errors.ts';
import type { PublicJwk } from './jwk.ts';
import {
  type ActiveKey,
  activeKey,
  flushes,
  type GraceKey,
  type Intent,
  type Key,
  type Keyring,
  type LeadWaiver,
  type ObservedKey,
  type PendingKey,
  type RenderedKey,
  renderedKeys,
  SCHEMA,
} from './keyring.ts';
import type { LongPromise } from './stale-copies.ts';

const refuse = (message: string): never => {
  throw new KeyturnError('transition_refused', message);
};

const replace = (keyring: Keyring, kid: string, change: (key: Key) => Key): Keyring => ({
  ...keyring,
  keys: keyring.keys.map((key) => (key.kid === kid ? change(key) : key)),
});

function find<State extends Key['state']>(keyring: Keyring, kid: string, ...states: State[]) {
  const key = keyring.keys.find((candidate) => candidate.kid === kid);
  if (!key) return refuse(`key ${kid} is not in the keyring`);
  if (!(states as string[]).includes(key.state))
    refuse(`key ${kid} must be ${states.join(' or ')}, it is ${key.state}`);
  return key as Extract<Key, { state: State }>;
}

export const foundKeyring = (issuer: string, id: string, home: string): Keyring => ({
  schema: SCHEMA,
  id,
  issuer,
  home,
  documentVersion: 0,
  keys: [],
  history: [],
});

export function openIntent(keyring: Keyring, intent: Intent): Keyring {
  if (keyring.intent) refuse(`intent ${keyring.intent.id} is still open`);
  return { ...keyring, intent };
}

/** The key is made, and not to be seen yet: the next tick looks for it and makes no other. */
export function noteKeyMade(keyring: Keyring, keyArn: string, now: number): Keyring {
  const { intent } = keyring;
  return intent ? { ...keyring, intent: { ...intent, made: { keyArn, at: now } } } : refuse('no intent is open');
}

/** Closes the intent: the key that was made for it becomes pending. */
export function addPending(
  keyring: Keyring,
  key: { intentId: string; keyArn: string; jwk: PublicJwk },
  now: number,
): Keyring {
  const { intent, ...rest } = keyring;
  if (intent?.id !== key.intentId) return refuse(`intent ${key.intentId} is not open`);
  const { kid } = key.jwk;
  const known = keyring.keys.some((other) => other.kid === kid) || keyring.history.some(([other]) => other === kid);
  if (known) refuse(`key ${kid} has been in this keyring before`);
  const documentVersion = keyring.documentVersion + 1;
  const pending: PendingKey = {
    state: 'pending',
    kid,
    keyArn: key.keyArn,
    algorithm: intent.algorithm,
    jwk: key.jwk,
    createdAt: now,
    sinceVersion: documentVersion,
  };
  return { ...rest, documentVersion, keys: [...keyring.keys, pending] };
}

export const observe = (keyring: Keyring, kid: string, now: number): Keyring =>
  replace(keyring, find(keyring, kid, 'pending').kid, (key) => ({ ...(key as PendingKey), observedAt: now }));

/** The key was out of the published document: its lead begins anew. */
export const unobserve = (keyring: Keyring, kid: string): Keyring =>
  replace(keyring, find(keyring, kid, 'pending').kid, (key) => {
    const { observedAt: _, ...rest } = key as PendingKey;
    return rest;
  });

export const noteCanaryFailure = (keyring: Keyring, kid: string): Keyring =>
  replace(keyring, find(keyring, kid, 'pending').kid, (key) => ({
    ...(key as PendingKey),
    canaryFailures: ((key as PendingKey).canaryFailures ?? 0) + 1,
  }));

export type ActivationTerms = Pick<ActiveKey, 'maxTokenLifetime' | 'leadWaived' | 'notAfter'>;

/** What a key records when it begins to sign. */
export const activationTerms = (
  { maxTokenLifetime, cryptoperiod }: { maxTokenLifetime: number; cryptoperiod: number | undefined },
  now: number,
  leadWaived?: LeadWaiver,
): ActivationTerms => ({
  maxTokenLifetime,
  ...(leadWaived && { leadWaived }),
  ...(cryptoperiod !== undefined && { notAfter: now + cryptoperiod }),
});

/** The standby signs from now on; who signed until now goes into grace. */
export function activate(keyring: Keyring, key: ObservedKey, terms: ActivationTerms, now: number): Keyring {
  // The keyring's own key, not the caller's copy: an activation must not change what is rendered.
  const standby = find(keyring, key.kid, 'pending');
  const { observedAt, canaryFailures: _, tokensUntil: ___, ...published } = standby;
  if (observedAt === undefined) return refuse(`key ${key.kid} has not been observed`);
  const { rotationRequested: __, flush, ...rest } = keyring;
  return {
    ...rest,
    ...(flush && !flushes(keyring, standby) && { flush }),
    keys: keyring.keys.map((other): Key => {
      if (other.state === 'active') return toGrace(other, now);
      if (other.kid !== key.kid) return other;
      return { ...published, observedAt, ...terms, state: 'active', activatedAt: now };
    }),
  };
}

function toGrace(key: ActiveKey, now: number): GraceKey {
  const { leadWaived: _, notAfter: __, observedAt: ___, ...rest } = key;
  return { ...rest, state: 'grace', endedAt: now, ending: true };
}

/** The save that put it into grace has taken effect: no signer reads it as active any more. */
export function end(keyring: Keyring, kid: string, now: number): Keyring {
  const { ending: _, ...key } = find(keyring, kid, 'grace');
  return replace(keyring, kid, () => ({ ...key, endedAt: Math.max(key.endedAt, now) }));
}

/** Out of the JWKS, for good. */
export function retire(keyring: Keyring, kid: string, reason: string, now: number): Keyring {
  const key = find(keyring, kid, 'grace', 'pending');
  if (key.retained) refuse(`key ${kid} is retained by an operator`);
  if (renderedKeys(keyring).length < 2) refuse(`key ${kid} is the only one in the JWKS`);
  const documentVersion = keyring.documentVersion + 1;
  return replace({ ...keyring, documentVersion }, kid, () => ({
    state: 'retired',
    kid,
    keyArn: key.keyArn,
    endedAt: key.state === 'grace' ? key.endedAt : now,
    reason,
    removedInVersion: documentVersion,
  }));
}

/** Its KMS key is disabled and will be deleted. */
export function scheduledForDeletion(keyring: Keyring, kid: string, deletionAt: number): Keyring {
  const key = find(keyring, kid, 'retired');
  return replace(keyring, kid, () => ({ ...key, deletionAt }));
}

/** KMS has destroyed the key: one line of history is left. */
export function forget(keyring: Keyring, kid: string): Keyring {
  const { endedAt, reason } = find(keyring, kid, 'retired');
  return {
    ...keyring,
    keys: keyring.keys.filter((key) => key.kid !== kid),
    history: [...keyring.history, [kid, Math.floor(endedAt), reason]],
  };
}

/** A new version, so that a table which is restored to before it is noticed: the promise would be forgotten. */
export function raiseTokenLifetime(keyring: Keyring, maxTokenLifetime: number): Keyring {
  const active = activeKey(keyring);
  if (!active) return refuse('there is no active key');
  if (maxTokenLifetime <= active.maxTokenLifetime) {
    refuse(`a key's token lifetime is never lowered: it is ${active.maxTokenLifetime} s, got ${maxTokenLifetime} s`);
  }
  const documentVersion = keyring.documentVersion + 1;
  return replace({ ...keyring, documentVersion }, active.kid, () => ({ ...active, maxTokenLifetime }));
}

/** What replaced documents have promised is kept until the last copy of them is gone. */
export const outlast = (keyring: Keyring, longPromise: LongPromise): Keyring => ({ ...keyring, longPromise });

export const requestRotation = (keyring: Keyring, reason: string, now: number): Keyring => ({
  ...keyring,
  rotationRequested: { at: now, reason },
});

/** Nothing retires the key until it is released. A burn does. */
export const retain = (keyring: Keyring, kid: string): Keyring =>
  replace(keyring, find(keyring, kid, 'pending', 'active', 'grace').kid, (key) => ({ ...key, retained: true }) as Key);

export const release = (keyring: Keyring, kid: string): Keyring =>
  replace(keyring, find(keyring, kid, 'pending', 'active', 'grace').kid, (key) => {
    const { retained: _, ...rest } = key as RenderedKey;
    return rest;
  });

/** The KMS key of a compromised key cannot sign any more. */
export function disabled(keyring: Keyring, kid: string, now: number): Keyring {
  const key = find(keyring, kid, 'compromised');
  return replace(keyring, kid, () => ({ ...key, disabledAt: now }));
}
