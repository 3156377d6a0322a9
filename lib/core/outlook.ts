/**
 * What will happen, and when, if nothing fails: the shipped rules and transitions over a world that follows at once. It
 * touches nothing and makes no key; a key that does not exist yet is called after its number.
 */
import type { Algorithm } from './algorithms.ts';
import type { Policy } from './config.ts';
import { renderDocuments } from './discovery.ts';
import { dropImported } from './imports.ts';
import { documentPaths } from './issuer.ts';
import type { PublicJwk } from './jwk.ts';
import { isRendered, type Key, type Keyring } from './keyring.ts';
import { nextStep, type Step } from './lifecycle.ts';
import type { Seen } from './look.ts';
import { graceEnd, lastTurn, MAX_STEPS_A_TICK, orphanAge } from './policy.ts';
import type { KmsKey } from './ports.ts';
import { leadEnd } from './stale-copies.ts';
import * as transitions from './transitions.ts';

export interface Forecast {
  /** Seconds since 1970: of the tick that does it. */
  readonly at: number;
  readonly step: Step['kind'];
  /** Which key, where it is about one. */
  readonly kid?: string;
  readonly why: string;
}

/** Steps that tell nobody anything. */
const SILENT: readonly Step['kind'][] = [
  'publish',
  'invalidate',
  'intend',
  'observe',
  'end',
  'raise',
  'destroy',
  'outlast',
];
const HOUR = 3600;

/**
 * Step by step as a tick does it, each decided from what the former one left: as many looks at all keys as there are steps.
 * @param from the next tick
 */
export function foresee(keyring: Keyring, policy: Policy, from: number, until: number): Forecast[] {
  const events: Forecast[] = [];
  let current = keyring;
  let seen = seenOf(keyring, policy);
  let made = 0;
  /** Why a key is made is what its intent says. */
  let intended = '';
  for (let now = from; now <= until; ) {
    let count = 0;
    for (; count < MAX_STEPS_A_TICK; count++) {
      const step = nextStep(current, seen, policy, now);
      if (!step) break;
      if (step.kind === 'create' || step.kind === 'adopt') made += 1;
      current = follow(current, policy, step, now, made);
      // No other step changes what is seen: whatever comes or goes is published.
      if (step.kind === 'publish') seen = seenOf(current, policy);
      if (step.kind === 'intend') intended = step.why;
      const why = step.kind === 'create' && intended ? intended : step.why;
      const kid = kidOf(step) ?? (step.kind === 'create' ? nameOf(made) : undefined);
      if (!SILENT.includes(step.kind)) events.push({ at: now, step: step.kind, ...(kid && { kid }), why });
    }
    now = count < MAX_STEPS_A_TICK ? nextTick(current, policy, now, from) : now + policy.tick;
  }
  return events;
}

const nameOf = (made: number): string => `new key ${made}`;

const kidOf = (step: Step): string | undefined => ('kid' in step ? step.kid : 'key' in step ? step.key.kid : undefined);

/** Between two instants at which something can become due, ticks find nothing; where a window decides, each hour is asked. */
function nextTick(keyring: Keyring, policy: Policy, now: number, from: number): number {
  const ends = (keyring.imported ?? []).map(({ until }) => until);
  const due = [...keyring.keys.flatMap((key) => instants(key, keyring, policy)), ...ends].filter(
    (instant) => instant > now,
  );
  const next = Math.min(...due, now + (policy.activationWindow ? HOUR : 30 * 24 * HOUR));
  const ticks = Math.max(1, Math.ceil((next - now) / policy.tick));
  // On the grid of the schedule, whatever the first tick's odd second is.
  return from + (Math.round((now - from) / policy.tick) + ticks) * policy.tick;
}

function instants(key: Key, keyring: Keyring, policy: Policy): number[] {
  switch (key.state) {
    case 'pending':
      return key.observedAt === undefined ? [] : [leadEnd(keyring, policy, key.observedAt)];
    case 'active':
      return [key.activatedAt + policy.rotationPeriod, lastTurn(policy, key.notAfter ?? 0)];
    case 'grace':
      return [graceEnd(policy, key)];
    case 'retired':
      return key.deletionAt === undefined ? [] : [key.deletionAt + orphanAge(policy) + 1];
    default:
      return [];
  }
}

/** Bucket, edge and KMS are as the keyring has them. */
export function seenOf(keyring: Keyring, policy: Policy): Seen {
  const documents = renderDocuments(keyring, policy);
  const stored = new Map(documents.map((document) => [document.path, { ...document, etag: '' }]));
  const kids = new Set(keyring.keys.filter(isRendered).map(({ kid }) => kid));
  const served = documents.length > 0 ? { version: keyring.documentVersion, kids } : undefined;
  const kms = new Map(keyring.keys.filter(isRendered).map((key) => [key.keyArn, enabled(key, keyring.id)]));
  const edgeBody = stored.get(documentPaths(policy.issuer).jwks)?.body;
  return { stored, storedVersion: keyring.documentVersion, published: served, edge: served, edgeBody, kms };
}

const enabled = ({ keyArn, kid, createdAt }: Extract<Key, { createdAt: number }>, id: string): KmsKey => ({
  keyArn,
  state: 'enabled',
  createdAt,
  intentId: `${id}.${kid}`,
  genuine: true,
});

function follow(keyring: Keyring, policy: Policy, step: Step, now: number, made: number): Keyring {
  const { algorithm } = policy;
  switch (step.kind) {
    case 'intend':
      return transitions.openIntent(keyring, { id: `${keyring.id}.${now}`, algorithm, openedAt: now });
    case 'create':
    case 'adopt': {
      const intent = keyring.intent ?? { id: '', algorithm };
      const jwk = imagined(nameOf(made), intent.algorithm);
      return transitions.addPending(keyring, { intentId: intent.id, keyArn: jwk.kid, jwk }, now);
    }
    case 'observe':
      return transitions.observe(keyring, step.kid, now);
    case 'unobserve':
      return transitions.unobserve(keyring, step.kid);
    case 'activate':
      return transitions.activate(keyring, step.key, transitions.activationTerms(policy, now, step.leadWaived), now);
    case 'end':
      return transitions.end(keyring, step.kid, now);
    case 'disable':
      return transitions.disabled(keyring, step.kid, now);
    case 'retire':
      return transitions.retire(keyring, step.kid, step.reason, now);
    case 'destroy':
      return transitions.scheduledForDeletion(keyring, step.kid, now + policy.deletionWindow);
    case 'raise':
      return transitions.raiseTokenLifetime(keyring, step.maxTokenLifetime);
    case 'outlast':
      return transitions.outlast(keyring, step.promise);
    case 'expire':
      return dropImported(keyring, step.kid, 'its time was over', now);
    case 'forget':
      return transitions.forget(keyring, step.kid);
    case 'publish':
    case 'invalidate':
    case 'sweep':
      return keyring;
  }
}

/** The JWK of a key that nobody has made. */
const imagined = (kid: string, alg: Algorithm): PublicJwk =>
  ({ kty: 'RSA', kid, use: 'sig', alg, n: '', e: '' }) as unknown as PublicJwk;
