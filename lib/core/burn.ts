/**
 * The emergency. In this order, so that a crash anywhere leaves something that the next tick finishes: the save, which
 * decides; the KMS key disabled, which ends forging; the documents without the key; the fresh key.
 */
import { clockError } from './clock-error.ts';
import { compromise } from './compromise.ts';
import type { Policy } from './config.ts';
import { renderDocuments } from './discovery.ts';
import { isKeyturnError, KeyturnError } from './errors.ts';
import { type Exposure, exposure, someAreBlind } from './exposure.ts';
import { documentPaths } from './issuer.ts';
import { readJwks, renderJwks } from './jwks.ts';
import { activeKey, isObserved, isRendered, type Keyring, pendingKeys } from './keyring.ts';
import type { Seen } from './look.ts';
import { look, lookAtDocuments } from './look.ts';
import type { KeyManager, Loaded } from './ports.ts';
import { publish } from './publish.ts';
import { recovered } from './recover.ts';
import { type RotatorPorts, rotate, type TickReport } from './rotate.ts';
import { type StepLine, standing } from './step-line.ts';
import { unobserve } from './transitions.ts';

export interface BurnRequest {
  /** The keys to burn, or all that the JWKS holds. */
  readonly kids: readonly string[] | 'all';
  readonly reason: string;
  /** The fresh key signs as soon as the edge shows it, though declared verifiers may reject it for a while. */
  readonly flush: boolean;
}

export interface BurnReport {
  readonly burned: readonly string[];
  /** The key that signs now. Absent: sign answers 503 until the fresh key has been observed. */
  readonly signing?: string;
  /** When the documents without the burned keys were published. Absent: not yet; every tick tries again. */
  readonly removedAt?: number;
  /** Empty while the key is not removed: nothing bounds it yet. */
  readonly exposure: readonly Exposure[];
  readonly steps: TickReport['steps'];
  readonly holds: TickReport['holds'];
}

const SAVE_ATTEMPTS = 20;
const SAVE_PAUSE_SECONDS = 1;
/** An invalidation takes effect within seconds, and with no key that signs everybody waits for it. */
const EDGE_ATTEMPTS = 20;
const EDGE_PAUSE_SECONDS = 2;

/**
 * @throws KeyturnError `transition_refused` for an unknown kid; `burn_not_saved` when the keyring could not be written:
 *   the KMS keys are disabled all the same where they could be found, and the burn has to be asked for again
 */
export async function burn(ports: RotatorPorts, policy: Policy, request: BurnRequest): Promise<BurnReport> {
  const { keyring: saved, revision, kids } = await saveBurn(ports, policy, request);
  const holds: TickReport['holds'][number][] = [];
  const attempt = async (what: string, effect: () => Promise<void>) => {
    await effect().catch((error: unknown) => holds.push({ kind: 'step', why: `${what}: ${(error as Error).message}` }));
  };
  // Not left to the tick: a tick decides nothing when its clock is off, and this must happen all the same.
  for (const key of saved.keys) {
    if (kids.includes(key.kid)) await attempt('disable', () => ports.keys.disable(key.keyArn));
  }
  await attempt('publish', async () => {
    await publishNow(ports, policy, saved);
    if (saved.keys.some(isRendered)) note(ports, saved, revision, { step: 'publish', why: 'without what was burned' });
  });

  const steps: TickReport['steps'][number][] = [];
  await attempt('tick', async () => {
    for (let round = 1; round <= EDGE_ATTEMPTS; round++) {
      if (round > 1) await ports.sleep(EDGE_PAUSE_SECONDS);
      const report = await rotate(ports, policy);
      steps.push(...report.steps);
      if (!(await waitsForEdge(ports)) || round === EDGE_ATTEMPTS) return void holds.push(...report.holds);
    }
  });
  return { burned: kids, ...(await outcome(ports, policy, kids, saved)), steps, holds };
}

/**
 * A burn that loses a race reads again and tries until it is saved. If the table itself is away, the KMS keys are disabled
 * before the next try: nobody forges while it lasts.
 */
async function saveBurn(ports: RotatorPorts, policy: Policy, request: BurnRequest) {
  let known: Keyring | undefined;
  let disabled: number | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      const { loaded, clock } = await loadOnTime(ports, policy);
      known = loaded.keyring;
      const keyring = await currentKeyring({ ...ports, clock }, policy, loaded);
      const kids = request.kids === 'all' ? renderJwks(keyring).keys.map(({ kid }) => kid) : request.kids;
      const next = compromise(keyring, kids, terms({ ...ports, clock }, policy, request, keyring), policy, clock());
      if (next !== loaded.keyring) await ports.store.save(next, loaded.revision);
      const revision = loaded.revision + 1;
      note(ports, next, revision, { step: 'burn', burned: kids, why: `${kids.join(', ')}: ${request.reason}` });
      return { keyring: next, revision, kids };
    } catch (error) {
      if (isKeyturnError(error, 'transition_refused', 'keyring_missing')) throw error;
      const lost = isKeyturnError(error, 'keyring_conflict');
      if (!lost) disabled ??= await disableAnyway(ports.keys, known, request.kids);
      if (attempt < SAVE_ATTEMPTS) {
        if (!lost) await ports.sleep(SAVE_PAUSE_SECONDS);
        continue;
      }
      throw new KeyturnError(
        'burn_not_saved',
        `the burn could not be saved; ${disabled ?? 0} KMS keys are disabled, so that nobody can forge: burn again`,
        { cause: error },
      );
    }
  }
}

/** A burn does not wait until a clock is put right: what it stamps by one that is off goes by the table's. */
async function loadOnTime({ store, clock }: RotatorPorts, { clockSkew }: Policy) {
  const before = clock();
  const loaded = await store.load();
  const off = clockError(before, loaded.serverTime, clock());
  return { loaded, clock: Math.abs(off) > clockSkew ? () => clock() + off : clock };
}

function terms(ports: RotatorPorts, policy: Policy, { reason, flush }: BurnRequest, { id }: Keyring) {
  const intent = { id: `${id}.${ports.randomId()}`, algorithm: policy.algorithm, openedAt: ports.clock() };
  return { reason, immediate: flush || !someAreBlind(policy), intent };
}

/**
 * After a restore the burned key may be one that only the document knows. Neither a bucket nor a KMS that is away holds up a
 * burn; and a KMS that is away hides no document.
 */
async function currentKeyring(ports: RotatorPorts, policy: Policy, loaded: Loaded): Promise<Keyring> {
  const { keyring } = loaded;
  const seen = await look(ports, keyring, policy).catch(() => undefined);
  if (seen && (keyring || seen.storedVersion > 0))
    return withoutLost(await recovered(ports, policy, loaded, seen), seen);
  if (keyring) return withoutLost(keyring, seen ?? (await lookAtDocuments(ports.publisher, policy).catch(() => ({}))));
  throw new KeyturnError('keyring_missing', 'there is no keyring, so there is nothing to burn');
}

/** I2: a standby that the published document has lost, and that no tick has unobserved yet, does not take over. */
function withoutLost(keyring: Keyring, { published }: Partial<Seen>): Keyring {
  const lost = pendingKeys(keyring).filter((key) => isObserved(key) && published && !published.kids.has(key.kid));
  return lost.reduce((rest, { kid }) => unobserve(rest, kid), keyring);
}

function note(
  { log, clock }: RotatorPorts,
  keyring: Keyring,
  revision: number,
  step: Pick<StepLine, 'step' | 'burned' | 'why'>,
) {
  log({ event: 'step', ...standing(keyring, revision, clock()), ...step });
}

/** Without a keyring KMS itself has to say which key it is. */
async function disableAnyway(keys: KeyManager, keyring: Keyring | undefined, kids: BurnRequest['kids']) {
  const wanted = (kid: string) => kids === 'all' || kids.includes(kid);
  const arns = new Set<string>();
  for (const key of keyring?.keys ?? []) if (isRendered(key) && wanted(key.kid)) arns.add(key.keyArn);
  for (const { keyArn, algorithm, genuine } of keyring ? [] : await keys.tagged()) {
    if (!genuine || !algorithm) continue;
    const jwk = await keys.publicKey({ keyArn, algorithm }).catch(() => undefined);
    if (jwk && wanted(jwk.kid)) arns.add(keyArn);
  }
  for (const keyArn of arns) await keys.disable(keyArn);
  return arns.size;
}

async function publishNow({ publisher }: RotatorPorts, policy: Policy, keyring: Keyring): Promise<void> {
  const paths = Object.values(documentPaths(policy.issuer));
  const read = await Promise.all(paths.map(async (path) => [path, await publisher.read(path)] as const));
  const stored = new Map(read.flatMap(([path, document]) => (document ? [[path, document]] : [])));
  const documents = renderDocuments(keyring, policy);
  if (documents.length > 0) await publish(publisher, documents, stored);
}

/** Somebody waits: the fresh key is to sign as soon as it is seen, or nothing signs until then. */
async function waitsForEdge({ store }: RotatorPorts): Promise<boolean> {
  const { keyring } = await store.load();
  return keyring?.flush !== undefined && (keyring.flush.immediate || !activeKey(keyring));
}

async function outcome(ports: RotatorPorts, policy: Policy, kids: readonly string[], saved: Keyring) {
  const { loaded, clock } = await loadOnTime(ports, policy).catch(() => ({ loaded: undefined, clock: ports.clock }));
  const keyring = loaded?.keyring ?? saved;
  const stored = await ports.publisher.read(documentPaths(policy.issuer).jwks).catch(() => undefined);
  const served = stored && readJwks(stored.body);
  const isRemoved = served !== undefined && !kids.some((kid) => served.kids.has(kid));
  const now = clock();
  const { flush } = keyring;
  const signing = activeKey(keyring);
  const waits = flush !== undefined && !flush.immediate;
  return {
    ...(signing && { signing: signing.kid }),
    ...(isRemoved && { removedAt: now }),
    // Without a removal there is no bound to state.
    exposure: isRemoved
      ? exposure(policy, now, waits ? flush.at + policy.publicationLead : now, waits ? signing : undefined)
      : [],
  };
}
