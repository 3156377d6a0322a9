/**
 * What is due, and why. Pure: a keyring, what the tick has seen of the world, a policy and an instant go in, one step
 * comes out. rotate.ts performs it; nothing here knows how.
 *
 * A new rule is a function in RULES. Their order is that of importance: what the world sees is mended first.
 */
import type { Policy } from './config.ts';
import { renderDocuments } from './discovery.ts';
import { formatDuration, formatInstant } from './duration.ts';
import { documentPaths } from './issuer.ts';
import {
  flushes,
  isObserved,
  type Keyring,
  type LeadWaiver,
  type ObservedKey,
  pendingKeys,
  publishedCount,
} from './keyring.ts';
import type { Seen } from './look.ts';
import { graceEnd, maxKeys, maxKmsKeys, orphanAge } from './policy.ts';
import type { Document, KmsKey } from './ports.ts';
import { readiness } from './readiness.ts';
import { type LongPromise, unrecordedPromise } from './stale-copies.ts';
import { useless } from './standby.ts';

export type Step = { readonly why: string } & (
  | { readonly kind: 'intend' }
  | { readonly kind: 'create' }
  | { readonly kind: 'adopt' | 'sweep'; readonly keyArn: string }
  | { readonly kind: 'publish'; readonly documents: readonly Document[] }
  | { readonly kind: 'activate'; readonly key: ObservedKey; readonly leadWaived?: LeadWaiver }
  | { readonly kind: 'retire'; readonly kid: string; readonly reason: string }
  | {
      readonly kind: 'disable' | 'unobserve' | 'end' | 'observe' | 'destroy' | 'forget' | 'expire';
      readonly kid: string;
    }
  | { readonly kind: 'raise'; readonly maxTokenLifetime: number }
  | { readonly kind: 'outlast'; readonly promise: LongPromise }
  | { readonly kind: 'invalidate' }
);

interface Situation {
  readonly keyring: Keyring;
  readonly seen: Seen;
  readonly policy: Policy;
  readonly now: number;
}
type Rule = (situation: Situation) => Step[];

/**
 * A burn that was saved and got no further, or a burned key that somebody has enabled again: forging stops first, whatever
 * the world still shows.
 */
const disable: Rule = ({ keyring, seen }) =>
  keyring.keys
    .filter((key) => key.state === 'compromised')
    .filter(({ disabledAt, keyArn }) => disabledAt === undefined || seen.kms.get(keyArn)?.state === 'enabled')
    .map(({ kid, reason }) => ({ kind: 'disable', kid, why: `it is compromised: ${reason}` }));

/** I2: the lead counts only without a gap in the published document. */
const unobserve: Rule = ({ keyring, seen }) =>
  pendingKeys(keyring)
    .filter((key) => isObserved(key) && !seen.published?.kids.has(key.kid))
    .map(({ kid }) => ({ kind: 'unobserve', kid, why: `the published document has lost pending key ${kid}` }));

/** I1: the grace counts from when no signer can read the old keyring, which its own save cannot know. */
const end: Rule = ({ keyring }) =>
  keyring.keys
    .filter((key) => key.state === 'grace')
    .filter(({ ending }) => ending)
    .map(({ kid }) => ({ kind: 'end', kid, why: `no signer reads ${kid} as active any more: its grace begins` }));

/** I1: once a document is replaced, nothing tells for how long caches may keep it. */
const outlast: Rule = ({ keyring, seen, policy, now }) => {
  const { cacheControl } = seen.stored.get(documentPaths(policy.issuer).jwks) ?? {};
  const promise = unrecordedPromise(keyring, cacheControl, policy, now);
  if (!promise) return [];
  const why = `copies of what is published now may live until ${formatInstant(promise.until)}, longer than the policy's`;
  return [{ kind: 'outlast', promise, why }];
};

const publish: Rule = ({ keyring, seen, policy }) => {
  const documents = renderDocuments(keyring, policy).filter(({ path, body, cacheControl }) => {
    const stored = seen.stored.get(path);
    return stored?.body !== body || stored.cacheControl !== cacheControl;
  });
  if (documents.length === 0) return [];
  const version = seen.published?.version;
  const why =
    seen.stored.size === 0
      ? 'nothing is published'
      : version !== undefined && version < keyring.documentVersion
        ? `the bucket holds version ${version}, the keyring is at ${keyring.documentVersion}`
        : `${documents.map(({ path }) => path).join(', ')} in the bucket is missing or not as rendered`;
  return [{ kind: 'publish', documents, why }];
};

const activate: Rule = (situation) => {
  const { key, why, ready, leadWaived } = readiness(situation);
  return ready && key ? [{ kind: 'activate', key, why, ...(leadWaived && { leadWaived }) }] : [];
};

/** I8: only what is out of the published document is taken from KMS. */
const destroy: Rule = ({ keyring, seen }) =>
  keyring.keys
    .filter((key) => key.state === 'retired')
    .filter((key) => key.deletionAt === undefined && (seen.published?.version ?? 0) >= key.removedInVersion)
    .map(({ kid, removedInVersion }) => ({
      kind: 'destroy',
      kid,
      why: `version ${removedInVersion}, the first without it, is published`,
    }));

/** How long KMS may take to show a key that it has made. Tags decide about permissions within five minutes. */
const VISIBLE_WITHIN_SECONDS = 15 * 60;

/** A key that a crashed tick made for the open intent is taken over; the save decides between two that try. */
const create: Rule = ({ keyring: { intent, id }, seen, policy, now }) => {
  if (!intent) return [];
  const why = `intent ${intent.id} is open`;
  if (intent.made && now < intent.made.at + VISIBLE_WITHIN_SECONDS) {
    return [{ kind: 'adopt', keyArn: intent.made.keyArn, why: `${why}, and its key has been made` }];
  }
  const left = ownKmsKeys(id, seen).find(
    (key) => key.genuine && key.intentId === intent.id && key.algorithm === intent.algorithm,
  );
  if (left) return [{ kind: 'adopt', keyArn: left.keyArn, why: `${why}, and its key is there` }];
  return ownKmsKeys(id, seen).length < maxKmsKeys(policy) ? [{ kind: 'create', why }] : [];
};

/** A crash between a put and its invalidation leaves the edge behind the bucket. */
const invalidate: Rule = ({ seen: { edge, published } }) =>
  edge && published && edge.version < published.version
    ? [{ kind: 'invalidate', why: `the edge serves version ${edge.version}, the bucket holds ${published.version}` }]
    : [];

const observe: Rule = ({ keyring, seen }) =>
  pendingKeys(keyring)
    .filter((key) => !isObserved(key) && seen.published?.kids.has(key.kid) && seen.edge?.kids.has(key.kid))
    .map(({ kid }) => ({ kind: 'observe', kid, why: `the edge serves pending key ${kid}` }));

const intend: Rule = ({ keyring, seen, policy }) => {
  const standby = pendingKeys(keyring).some((key) => flushes(keyring, key) && !useless(key, seen, policy));
  if (keyring.intent || standby || publishedCount(keyring) >= maxKeys(policy)) return [];
  return [{ kind: 'intend', why: `there is no ${policy.algorithm} standby` }];
};

const retire: Rule = ({ keyring, policy, now }) =>
  keyring.keys
    .filter((key) => key.state === 'grace')
    .filter((key) => !key.retained && !key.ending && now >= graceEnd(policy, key))
    .map(({ kid, endedAt }) => ({
      kind: 'retire',
      kid,
      reason: 'rotated',
      why: `it ended at ${formatInstant(endedAt)}, its grace is over`,
    }));

/** An imported key was published for a time that is over. */
const expire: Rule = ({ keyring: { imported = [] }, now }) =>
  imported
    .filter(({ until }) => now >= until)
    .map(({ jwk: { kid }, until, source }) => ({
      kind: 'expire',
      kid,
      why: `it was imported from ${source} until ${formatInstant(until)}`,
    }));

/** A pending key that will not sign leaves once another one stands by. */
const discard: Rule = ({ keyring, seen, policy, now }) => {
  const pending = pendingKeys(keyring);
  if (!pending.some((key) => isObserved(key) && !useless(key, seen, policy))) return [];
  return pending
    .filter((key) => !key.retained && now >= (key.tokensUntil ?? 0))
    .flatMap((key) => {
      const because = useless(key, seen, policy);
      return because ? [{ kind: 'retire', kid: key.kid, ...because }] : [];
    });
};

const raise: Rule = ({ keyring, policy: { maxTokenLifetime } }) =>
  keyring.keys
    .filter((key) => key.state === 'active' && key.maxTokenLifetime < maxTokenLifetime)
    .map(() => ({ kind: 'raise', maxTokenLifetime, why: `tokens may now live ${formatDuration(maxTokenLifetime)}` }));

/** Only a key of this keyring's own making, closed intent, and older than any tick that could still save it. */
const sweep: Rule = ({ keyring, seen, policy, now }) => {
  const held = new Set(keyring.keys.map(({ keyArn }) => keyArn));
  return [...seen.kms.values()]
    .filter(({ keyArn }) => !held.has(keyArn))
    .filter(({ state, genuine }) => genuine && (state === 'enabled' || state === 'unusable'))
    .filter(({ intentId }) => intentId?.startsWith(`${keyring.id}.`) && intentId !== keyring.intent?.id)
    .filter(({ createdAt }) => now - createdAt > orphanAge(policy))
    .map(({ keyArn, createdAt }) => ({
      kind: 'sweep',
      keyArn,
      why: `made at ${formatInstant(createdAt)} for a closed intent, and no keyring holds it`,
    }));
};

const forget: Rule = ({ keyring, policy, now }) =>
  keyring.keys
    .filter((key) => key.state === 'retired')
    .filter((key) => key.deletionAt !== undefined && now > key.deletionAt + orphanAge(policy))
    .map(({ kid }) => ({ kind: 'forget', kid, why: 'KMS has destroyed it' }));

const RULES: readonly Rule[] = [
  disable,
  unobserve,
  end,
  outlast,
  publish,
  activate,
  destroy,
  create,
  observe,
  invalidate,
  intend,
  retire,
  expire,
  discard,
  raise,
  sweep,
  forget,
];

/** Enabled KMS keys that this keyring's ticks have made. */
export const ownKmsKeys = (keyringId: string, seen: Seen): KmsKey[] =>
  [...seen.kms.values()].filter(({ state, intentId }) => state === 'enabled' && intentId?.startsWith(`${keyringId}.`));

/** What a step is about, so that one that failed can be passed over in this tick. */
export const stepId = (step: Step): string =>
  `${step.kind}:${'kid' in step ? step.kid : 'key' in step ? step.key.kid : 'keyArn' in step ? step.keyArn : ''}`;

/** The most important step that is due and not held, or undefined when there is nothing to do. */
export function nextStep(
  keyring: Keyring,
  seen: Seen,
  policy: Policy,
  now: number,
  held: ReadonlySet<string> = new Set(),
): Step | undefined {
  const situation = { keyring, seen, policy, now };
  for (const rule of RULES) {
    const step = rule(situation).find((candidate) => !held.has(stepId(candidate)));
    if (step) return step;
  }
  return undefined;
}
