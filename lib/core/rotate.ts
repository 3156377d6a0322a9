/**
 * One tick of the reconciler. It loads the keyring, looks at the world, asks what is due, does it, saves, and asks
 * again until nothing is due. Missed, late, doubled or crashed, it changes nothing but the time of the next one's work.
 */

import type { Policy } from './config.ts';
import { formatInstant } from './duration.ts';
import { isKeyturnError, KeyturnError } from './errors.ts';
import { type Hold, heldStep, holds, meddling } from './holds.ts';
import { type Keyring, type RenderedKey, renderedKeys, violations } from './keyring.ts';
import { nextStep, type Step, stepId } from './lifecycle.ts';
import { load } from './load.ts';
import { type Look, type LookPorts, look, lookAgain } from './look.ts';
import { perform } from './perform.ts';
import { MAX_STEPS_A_TICK } from './policy.ts';
import type { Canary, Clock, KeyringStore } from './ports.ts';
import { type StepLine, standing } from './step-line.ts';
import { foundKeyring, noteCanaryFailure } from './transitions.ts';

export interface RotatorPorts extends LookPorts {
  readonly store: KeyringStore;
  readonly canary: Canary;
  readonly clock: Clock;
  /** A fresh random identifier. */
  readonly randomId: () => string;
  /** Lets seconds pass: a burn waits for the edge. */
  readonly sleep: (seconds: number) => Promise<void>;
  readonly log: (line: StepLine) => void;
}

export interface TickReport {
  readonly revision: number;
  readonly documentVersion: number;
  readonly steps: readonly { readonly step: string; readonly why: string }[];
  readonly holds: readonly Hold[];
  /** The keys as the tick leaves them. */
  readonly keys: readonly KeyAge[];
}

/** How far a published key has come: seconds since it was first seen (pending), signed first (active), ended (grace). */
export interface KeyAge {
  readonly kid: string;
  readonly state: RenderedKey['state'];
  /** Absent for a pending key that the edge has not shown yet. */
  readonly seconds?: number;
}

/** Whose moment cannot be had back once it was taken too early. An activation looks after its canary. */
const BY_THE_CLOCK: readonly Step['kind'][] = ['observe', 'retire', 'expire', 'sweep'];

/** What only the published document shows is on record before another one takes its place. */
const OF_THE_DOCUMENT: readonly Step['kind'][] = ['unobserve', 'outlast'];

/**
 * @throws KeyturnError `clock_skewed`, `document_newer`, `keyring_elsewhere`, `issuer_closed`, `keyring_invalid`, and
 *   whatever loading and looking throw: then nothing has been decided. A single step that fails is a hold, and the others go on.
 */
export async function rotate(ports: RotatorPorts, policy: Policy): Promise<TickReport> {
  let { keyring, revision, seen } = await assess(ports, policy);
  const steps: { step: string; why: string }[] = [];
  const held = new Set<string>();
  const note = (event: StepLine['event'], step: string, why: string, more: { kid?: string; code?: string } = {}) =>
    ports.log({ event, ...standing(keyring, revision, ports.clock()), step, ...more, why });
  const found = meddling(keyring, seen);
  for (const { kind, why } of found) note('hold', kind, why);

  for (let count = 0; count < MAX_STEPS_A_TICK; count++) {
    const step = nextStep(keyring, seen, policy, ports.clock(), held);
    if (!step) break;
    try {
      // I7: the clock that has decided it, and that stamps it, may have jumped since this tick began.
      if (BY_THE_CLOCK.includes(step.kind)) await load(ports, policy);
      const next = await perform(ports, policy, keyring, seen, step);
      ({ keyring, revision } = await commit(ports, keyring, next, revision));
      note('step', step.kind, step.why, 'kid' in step ? { kid: step.kid } : {});
      steps.push({ step: step.kind, why: step.why });
      seen = await after(ports, policy, step, seen, held);
    } catch (error) {
      ({ keyring, revision } = await counted(ports, keyring, revision, step, error));
      const hold = heldStep(step.kind, error);
      found.push(hold);
      note('hold', step.kind, hold.why, { code: hold.code });
      held.add(stepId(step));
      // Another writer was first, or has published more than we know: what it leaves is the next tick's to judge.
      const isOvertaken = isKeyturnError(error, 'keyring_conflict', 'document_newer', 'clock_skewed');
      if (isOvertaken || OF_THE_DOCUMENT.includes(step.kind))
        return { ...report(ports, keyring, revision), steps, holds: found };
    }
  }
  const open = holds({ keyring, seen, policy, now: ports.clock() });
  for (const { kind, why } of open) note('hold', kind, why);
  return { ...report(ports, keyring, revision), steps, holds: [...found, ...open] };
}

/** Loads and looks until both fit together, and founds the keyring where there has never been one. */
async function assess(ports: RotatorPorts, policy: Policy) {
  let loaded = await load(ports, policy);
  const seen = await look(ports, loaded.keyring, policy);
  // Another tick may have saved and published between our two reads: only a fresh keyring tells.
  if (seen.storedVersion > (loaded.keyring?.documentVersion ?? 0)) loaded = await load(ports, policy);
  const ours = loaded.keyring?.documentVersion ?? 0;
  if (seen.storedVersion > ours) {
    throw new KeyturnError(
      'document_newer',
      `the published document is at version ${seen.storedVersion}, the keyring at ${ours}: the table was restored or lost; nothing rotates until recover`,
    );
  }
  if (loaded.keyring) return { keyring: inUse(atHome(loaded.keyring, ports)), revision: loaded.revision, seen };
  const keyring = foundKeyring(policy.issuer, ports.randomId(), ports.publisher.home);
  return { keyring, revision: await save(ports, keyring, 0), seen };
}

/** Of two stacks on one table, one publishes where no verifier of the other looks: only the first one rotates. */
function atHome(keyring: Keyring, { publisher }: RotatorPorts): Keyring {
  if (keyring.home === publisher.home) return keyring;
  throw new KeyturnError(
    'keyring_elsewhere',
    `the keyring publishes to ${keyring.home}, this rotator to ${publisher.home}: two stacks share a table; recover moves it here`,
  );
}

function inUse(keyring: Keyring): Keyring {
  if (!keyring.closed) return keyring;
  const { at, reason } = keyring.closed;
  throw new KeyturnError('issuer_closed', `the issuer was closed at ${formatInstant(at)}: ${reason}`);
}

async function save({ store }: RotatorPorts, keyring: Keyring, revision: number): Promise<number> {
  const broken = violations(keyring);
  if (broken.length > 0) throw new KeyturnError('keyring_invalid', `refused to save a keyring: ${broken.join('; ')}`);
  return store.save(keyring, revision);
}

async function commit(ports: RotatorPorts, keyring: Keyring, next: Keyring, revision: number) {
  return next === keyring ? { keyring, revision } : { keyring: next, revision: await save(ports, next, revision) };
}

/** What the step has changed in the world is looked at again; the rest of the first look stands. */
async function after(ports: RotatorPorts, policy: Policy, step: Step, seen: Look, held: Set<string>): Promise<Look> {
  if (step.kind === 'publish') held.add('invalidate:');
  // KMS is not asked again in this tick, and would show what has just been done late.
  if (step.kind === 'invalidate' || step.kind === 'sweep' || step.kind === 'disable') held.add(stepId(step));
  return step.kind === 'publish' || step.kind === 'invalidate' ? lookAgain(ports, seen, policy) : seen;
}

/** A canary that failed for the key's own sake is counted, so that a key which cannot sign does not stand by for ever. */
async function counted(ports: RotatorPorts, keyring: Keyring, revision: number, step: Step, error: unknown) {
  if (step.kind !== 'activate' || !isKeyturnError(error, 'canary_failed', 'key_unusable')) return { keyring, revision };
  const next = noteCanaryFailure(keyring, step.key.kid);
  return save(ports, next, revision).then(
    (saved) => ({ keyring: next, revision: saved }),
    () => ({ keyring, revision }),
  );
}

function report({ clock }: RotatorPorts, keyring: Keyring, revision: number) {
  const now = clock();
  const since = (key: RenderedKey) =>
    key.state === 'pending' ? key.observedAt : key.state === 'active' ? key.activatedAt : key.endedAt;
  const keys = renderedKeys(keyring).map((key): KeyAge => {
    const start = since(key);
    return { kid: key.kid, state: key.state, ...(start !== undefined && { seconds: Math.max(0, now - start) }) };
  });
  return { revision, documentVersion: keyring.documentVersion, keys };
}
