/**
 * The emergency. In this order, so that a crash anywhere leaves something that the next tick finishes: the save, which
 * decides; the KMS key disabled, which ends forging; the documents without the key; the fresh key.
 */
import { type BurnRequest, loadOnTime, note, saveBurn } from './burn-save.ts';
import type { Policy } from './config.ts';
import { renderDocuments } from './discovery.ts';
import { type Exposure, exposure } from './exposure.ts';
import { heldStep } from './holds.ts';
import { documentPaths } from './issuer.ts';
import { readJwks } from './jwks.ts';
import { activeKey, flushes, isRendered, type Keyring, pendingKeys } from './keyring.ts';
import { publish } from './publish.ts';
import { type RotatorPorts, rotate, type TickReport } from './rotate.ts';
import { leadEnd } from './stale-copies.ts';

export interface BurnReport {
  readonly burned: readonly string[];
  /** The key that signs now. Absent: sign answers 503 until the fresh key has been observed. */
  readonly signing?: string;
  /**
   * The key whose kid nobody had seen. Absent: it is not made yet, and who may reject it may do so for as much longer as that
   * takes.
   */
  readonly fresh?: string;
  /** When the documents without the burned keys were published. Absent: not yet; every tick tries again. */
  readonly removedAt?: number;
  /** Empty while the key is not removed: nothing bounds it yet. */
  readonly exposure: readonly Exposure[];
  readonly steps: TickReport['steps'];
  readonly holds: TickReport['holds'];
}

/** An invalidation takes effect within seconds, and with no key that signs everybody waits for it. */
const EDGE_ATTEMPTS = 20;
const EDGE_PAUSE_SECONDS = 2;

/**
 * @throws KeyturnError `transition_refused` for an unknown kid; `burn_not_saved` when the keyring could not be written:
 *   the KMS keys are disabled all the same where they could be found, and the burn has to be asked for again
 */
export async function burn(ports: RotatorPorts, policy: Policy, request: BurnRequest): Promise<BurnReport> {
  const { keyring: saved, revision, kids, leftOut } = await saveBurn(ports, policy, request);
  const holds: TickReport['holds'][number][] = leftOut.map((kid) => ({
    kind: 'step',
    step: 'recover',
    why: `recover: KMS does not confirm ${kid} of a document that is newer than the keyring: it is out of the JWKS`,
  }));
  const attempt = async (what: string, effect: () => Promise<void>) => {
    await effect().catch((error: unknown) => holds.push(heldStep(what, error)));
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
  const burned = keyring.keys.filter(({ state }) => state === 'compromised').map(({ kid }) => kid);
  const isRemoved = served !== undefined && ![...kids, ...burned].some((kid) => served.kids.has(kid));
  const now = clock();
  const { flush } = keyring;
  const signing = activeKey(keyring);
  const waits = flush !== undefined && !flush.immediate;
  const fresh = flush ? pendingKeys(keyring).find((key) => flushes(keyring, key)) : signing;
  return {
    ...(signing && { signing: signing.kid }),
    ...(fresh && { fresh: fresh.kid }),
    ...(isRemoved && { removedAt: now }),
    // Without a removal there is no bound to state.
    exposure: isRemoved
      ? exposure(keyring, policy, now, waits ? leadEnd(keyring, policy, flush.at) : now, waits ? signing : undefined)
      : [],
  };
}
