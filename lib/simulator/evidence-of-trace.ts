/** A trace of the simulator, read once into what the checkers ask. */
import { PRIVATE_MEMBERS } from '../core/algorithms.ts';
import type { Policy } from '../core/config.ts';
import {
  type ActiveKey,
  activeKey,
  isObserved,
  type Key,
  type Keyring,
  type LeadWaiver,
  pendingKeys,
} from '../core/keyring.ts';
import { broken } from './broken.ts';
import {
  type Ending,
  type Evidence,
  type Imported,
  inForce,
  type Published,
  type Reign,
  type Span,
  type UnfinishedLife,
  type Writable,
} from './evidence.ts';
import { settled } from './settled.ts';
import { isBurned, LONGEST_TICK, type State } from './states.ts';
import type { TraceEvent } from './trace.ts';

const NEVER = Number.POSITIVE_INFINITY;

export function evidenceOfTrace(trace: readonly TraceEvent[], initial: Policy): Evidence {
  const policies = [{ since: Number.NEGATIVE_INFINITY, policy: initial }];
  const states: State[] = [];
  const documents: Writable<Published>[] = [];
  for (const event of trace) {
    if (event.kind === 'policy') policies.push({ since: event.at, policy: event.policy });
    if (event.kind === 'save' || event.kind === 'restore') states.push(stateOf(event, states));
    if (event.kind !== 'document') continue;
    const last = documents.at(-1);
    if (last) last.until = event.at;
    documents.push({ ...readDocument(event.at, event.body), age: event.age, ...(event.byHand && { byHand: true }) });
  }
  const policyAt = (at: number) => inForce(policies, at)?.policy ?? initial;
  const only = <Kind extends TraceEvent['kind']>(kind: Kind) =>
    trace.filter((event): event is Extract<TraceEvent, { kind: Kind }> => event.kind === kind);
  const keys = lives(states, documents, policyAt);
  return {
    from: trace[0]?.at ?? 0,
    to: trace.at(-1)?.at ?? 0,
    documents,
    keys,
    tokens: only('token'),
    burns: only('burn'),
    failedBurns: only('burn-failed'),
    ticks: only('tick'),
    restores: only('restore').map(({ at }) => at),
    endings: endings(trace, states),
    standbys: standbys(states),
    imported: imported(states),
    broken: broken(states, only('token'), only('canary'), keys),
    settled: settled(trace, states.at(-1)?.keyring, policyAt),
    lacks: new Map(),
    policyAt,
  };
}

function stateOf(
  { at: since, kind, keyring }: Extract<TraceEvent, { kind: 'save' | 'restore' }>,
  past: State[],
): State {
  const restored = kind === 'restore';
  const known = Math.max(0, ...past.map((state) => state.keyring.documentVersion));
  const forgetful = (restored || past.at(-1)?.forgetful === true) && keyring.documentVersion < known;
  return { since, keyring, restored, forgetful };
}

function readDocument(since: number, body: string): Omit<Published, 'age'> {
  const { keys, documentVersion: version } = JSON.parse(body) as { keys: { kid: string }[]; documentVersion: number };
  const leaked = PRIVATE_MEMBERS.find((member) => keys.some((key) => member in key));
  return { since, until: NEVER, version, kids: new Set(keys.map(({ kid }) => kid)), ...(leaked && { leaked }) };
}

function lives(states: readonly State[], documents: readonly Published[], policyAt: (at: number) => Policy) {
  const keys = new Map<string, UnfinishedLife>();
  const life = (kid: string): UnfinishedLife => {
    const known = keys.get(kid) ?? { kid, published: [], reigns: [], promised: [], burnedAt: NEVER };
    keys.set(kid, known);
    return known;
  };
  for (const { since, until, kids } of documents) {
    for (const kid of kids) extend(life(kid).published, since, until);
  }
  const forgotten = new Set<string>();
  for (const [index, { since, keyring, restored }] of states.entries()) {
    if (restored) for (const kid of forgottenGaps(states[index - 1]?.keyring, keyring)) forgotten.add(kid);
    const until = states[index + 1]?.since ?? NEVER;
    for (const key of keyring.keys) {
      const known = life(key.kid);
      if (key.state === 'compromised') known.burnedAt = Math.min(known.burnedAt, since);
      if ('maxTokenLifetime' in key && known.promised.at(-1)?.[1] !== key.maxTokenLifetime)
        known.promised.push([since, key.maxTokenLifetime]);
      if (key.state !== 'active') continue;
      const last = known.reigns.at(-1);
      if (last && last.until === since) last.until = until;
      else {
        const isPublished = known.published.some((span) => span.since <= since && span.until > since);
        const before = states[index - 1];
        // Or `recover` has appointed it, as the best known one; or a gap in its lead is forgotten.
        const revenant = (restored && !isPublished) || before?.forgetful === true || forgotten.has(key.kid);
        const waived = confirmed(key, documents, before?.keyring, keyring) ?? confirmedBefore(key, known.reigns);
        known.reigns.push({
          since,
          until,
          ...(waived && { waived }),
          ...(key.notAfter !== undefined && { notAfter: key.notAfter }),
          revenant,
          policy: decidedBy(policyAt, since),
        });
      }
    }
  }
  return keys;
}

/** Pending keys that a restored table believes to have been published for longer than the table before it did. */
function forgottenGaps(before: Keyring | undefined, restored: Keyring): string[] {
  const observed = (keyring: Keyring | undefined, kid: string) => {
    const key = keyring && pendingKeys(keyring).find((one) => one.kid === kid);
    return key && { at: key.observedAt ?? NEVER };
  };
  return pendingKeys(restored)
    .map(({ kid }) => kid)
    .filter((kid) => (observed(before, kid)?.at ?? 0) > (observed(restored, kid)?.at ?? NEVER));
}

/** A tick that is under way when the policy changes decides by the one with which it began. */
function decidedBy(policyAt: (at: number) => Policy, at: number): Policy {
  const [before, now] = [policyAt(at - LONGEST_TICK), policyAt(at)];
  return before.publicationLead < now.publicationLead ? before : now;
}

/** What a key records of itself counts only where what was saved before bears it out. */
function confirmed(
  { kid, leadWaived }: ActiveKey,
  documents: readonly Published[],
  before: Keyring | undefined,
  after: Keyring,
): LeadWaiver | undefined {
  if (leadWaived === 'first-deployment') return documents[0]?.kids.has(kid) ? leadWaived : undefined;
  if (leadWaived !== 'burn' || !before) return undefined;
  const { flush } = before;
  const former = activeKey(before);
  if (flush && (flush.immediate || !former)) return leadWaived;
  return former && isBurned(after, former.kid) ? leadWaived : undefined;
}

/** A restored table says of a key what was borne out when it first signed. */
const confirmedBefore = ({ leadWaived }: ActiveKey, reigns: readonly Reign[]): LeadWaiver | undefined =>
  reigns.some(({ waived }) => waived !== undefined && waived === leadWaived) ? leadWaived : undefined;

/** Without a gap it is the same span that goes on. */
function extend(spans: Writable<Span>[], since: number, until: number): void {
  const last = spans.at(-1);
  if (last && last.until === since) last.until = until;
  else spans.push({ since, until });
}

function standbys(states: readonly State[]) {
  const spans = new Map<string, Writable<Span>[]>();
  for (const [index, { since, keyring }] of states.entries()) {
    for (const key of keyring.keys) {
      if (key.state !== 'pending' || !isObserved(key)) continue;
      const own = spans.get(key.kid) ?? [];
      spans.set(key.kid, own);
      extend(own, since, states[index + 1]?.since ?? NEVER);
    }
  }
  return [...spans].flatMap(([kid, own]) => own.map((span) => ({ kid, ...span })));
}

function endings(trace: readonly TraceEvent[], states: readonly State[]): Ending[] {
  const created = new Map<string, number>();
  const found: Ending[] = [];
  // What a tick knew when the table was restored under it was true.
  const saves = states.filter(({ restored }) => !restored);
  const holds = (keyring: Keyring | undefined, keyArn: string): Key | undefined =>
    keyring?.keys.find((key) => key.keyArn === keyArn);
  for (const event of trace) {
    if (event.kind === 'created') created.set(event.keyArn, event.at);
    if (event.kind !== 'ending') continue;
    const { at, call, keyArn: name } = event;
    // Once more changes nothing, whoever asks for it by a restored table.
    if (found.some((ending) => ending.name === name && ending.call === 'destroy')) continue;
    const key = holds(inForce(saves, at)?.keyring, name);
    const age = at - (created.get(name) ?? at);
    // A table that is restored later, to before that, held it before.
    const later = key ? undefined : states.find(({ since, keyring }) => since > at && holds(keyring, name));
    const heldLater = later !== undefined && !later.restored;
    // Burned is burned, also where a restored table has forgotten it.
    const burned = saves.some(({ since, keyring }) => since <= at && holds(keyring, name)?.state === 'compromised');
    const state = key?.state ?? (burned ? 'compromised' : 'unknown');
    found.push({ at, call, name, state, ...(key && { kid: key.kid }), age, heldLater });
  }
  return found;
}

const imported = (states: readonly State[]): Imported[] =>
  states.flatMap(({ since, keyring }, index) =>
    (keyring.imported ?? []).map(({ jwk: { kid }, until: leavesAt }) => {
      return { kid, leavesAt, since, until: states[index + 1]?.since ?? NEVER };
    }),
  );
