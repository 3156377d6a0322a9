/**
 * The write that decides a burn, whatever is away: a race is run again, a table that is away is tried again with the KMS
 * keys disabled first, a table that was restored is merged with what verifiers hold.
 */
import { clockError } from './clock-error.ts';
import { type CompromiseTerms, compromise } from './compromise.ts';
import type { Policy } from './config.ts';
import { isKeyturnError, KeyturnError } from './errors.ts';
import { someAreBlind } from './exposure.ts';
import { documentPaths } from './issuer.ts';
import { renderJwks } from './jwks.ts';
import { isObserved, isRendered, type Keyring, type ObservedKey, pendingKeys } from './keyring.ts';
import { look, lookAtDocuments, type Seen } from './look.ts';
import type { KeyManager, Loaded } from './ports.ts';
import { type Recovered, recovered } from './recover.ts';
import type { RotatorPorts } from './rotate.ts';
import { unrecordedPromise } from './stale-copies.ts';
import { willNotSign } from './standby.ts';
import { type StepLine, standing } from './step-line.ts';
import { outlast, unobserve } from './transitions.ts';

export interface BurnRequest {
  /** The keys to burn, or all that the JWKS holds. */
  readonly kids: readonly string[] | 'all';
  readonly reason: string;
  /** The fresh key signs as soon as the edge shows it, though declared verifiers may reject it for a while. */
  readonly flush: boolean;
}

const SAVE_ATTEMPTS = 20;
const SAVE_PAUSE_SECONDS = 1;

/**
 * A burn that loses a race reads again and tries until it is saved. If the table itself is away, the KMS keys are disabled
 * before the next try: nobody forges while it lasts.
 */
export async function saveBurn(ports: RotatorPorts, policy: Policy, request: BurnRequest) {
  let known: Keyring | undefined;
  let wanted: readonly string[] | undefined;
  const disabled = new Set<string>();
  for (let attempt = 1; ; attempt++) {
    try {
      const { loaded, clock } = await loadOnTime(ports, policy);
      known = loaded.keyring;
      const { keyring, unconfirmed, seen } = await currentKeyring({ ...ports, clock }, policy, loaded);
      // Resolved once: after a save whose answer was lost, the keyring holds other keys than those that were meant.
      wanted ??= request.kids === 'all' ? all(keyring, seen) : request.kids;
      const kids = wanted;
      const next = compromise(
        keyring,
        // What was left out has left.
        kids.filter((kid) => !unconfirmed.includes(kid)),
        terms({ ...ports, clock }, policy, request, keyring.id, seen),
        policy,
        clock(),
      );
      if (next !== loaded.keyring) await ports.store.save(next, loaded.revision);
      const revision = loaded.revision + 1;
      note(ports, next, revision, { step: 'burn', burned: kids, why: `${kids.join(', ')}: ${request.reason}` });
      return { keyring: next, revision, kids, leftOut: unconfirmed.filter((kid) => !kids.includes(kid)) };
    } catch (error) {
      if (isKeyturnError(error, 'transition_refused', 'keyring_missing')) throw error;
      const lost = isKeyturnError(error, 'keyring_conflict');
      if (!lost) await disableAnyway(ports.keys, known, wanted ?? request.kids, disabled);
      if (attempt < SAVE_ATTEMPTS) {
        if (!lost) await ports.sleep(SAVE_PAUSE_SECONDS);
        continue;
      }
      const stopped =
        disabled.size > 0
          ? `${disabled.size} KMS keys are disabled, so that nobody can forge`
          : 'no KMS key could be disabled, so that whoever could sign still can';
      throw new KeyturnError('burn_not_saved', `the burn could not be saved; ${stopped}: burn again`, { cause: error });
    }
  }
}

/** A burn does not wait until a clock is put right: what it stamps by one that is off goes by the table's. */
export async function loadOnTime({ store, clock }: RotatorPorts, { clockSkew }: Policy) {
  const before = clock();
  const loaded = await store.load();
  const off = clockError(before, loaded.serverTime, clock());
  return { loaded, clock: Math.abs(off) > clockSkew ? () => clock() + off : clock };
}

/** What the JWKS holds or is to hold, and what an earlier burn has not done with: nobody is told that it is over before it is. */
function all(keyring: Keyring, seen: Seen | undefined): string[] {
  const unfinished = keyring.keys.filter(
    (key) => key.state === 'compromised' && (key.disabledAt === undefined || seen?.published?.kids.has(key.kid)),
  );
  const kids = [...renderJwks(keyring).keys, ...unfinished].map(({ kid }) => kid);
  if (kids.length > 0) return kids;
  throw new KeyturnError('transition_refused', 'the JWKS holds no key, and every key that was burned is out of it');
}

function terms(
  ports: RotatorPorts,
  policy: Policy,
  { reason, flush }: BurnRequest,
  keyringId: string,
  seen: Seen | undefined,
): CompromiseTerms {
  const intent = { id: `${keyringId}.${ports.randomId()}`, algorithm: policy.algorithm, openedAt: ports.clock() };
  const isUnusable = (key: ObservedKey) => willNotSign(key, seen ?? { kms: new Map() }) !== undefined;
  return { reason, immediate: flush || !someAreBlind(policy), intent, isUnusable };
}

/**
 * After a restore the burned key may be one that only the document knows. Neither a bucket nor a KMS that is away holds up a
 * burn; and a KMS that is away hides no document.
 */
async function currentKeyring(
  ports: RotatorPorts,
  policy: Policy,
  loaded: Loaded,
): Promise<Recovered & { readonly seen: Seen | undefined }> {
  const { keyring } = loaded;
  const seen = await look(ports, keyring, policy).catch(() => undefined);
  if (seen && (keyring || seen.storedVersion > 0)) {
    const { keyring: merged, unconfirmed } = await recovered(ports, policy, loaded, seen);
    return { keyring: withPromise(withoutLost(merged, seen), seen, policy, ports.clock()), unconfirmed, seen };
  }
  if (keyring) {
    const documents = seen ?? (await lookAtDocuments(ports.publisher, policy).catch(() => ({})));
    const sound = withPromise(withoutLost(keyring, documents), documents, policy, ports.clock());
    return { keyring: sound, unconfirmed: [], seen };
  }
  throw new KeyturnError('keyring_missing', 'there is no keyring, so there is nothing to burn');
}

/** What the documents promised that a burn replaces is on record in the very write that decides it. */
function withPromise(keyring: Keyring, { stored }: Partial<Seen>, policy: Policy, now: number): Keyring {
  const { cacheControl } = stored?.get(documentPaths(policy.issuer).jwks) ?? {};
  const promise = unrecordedPromise(keyring, cacheControl, policy, now);
  return promise ? outlast(keyring, promise) : keyring;
}

/** I2: a standby that the published document has lost, and that no tick has unobserved yet, does not take over. */
function withoutLost(keyring: Keyring, { published }: Partial<Seen>): Keyring {
  const lost = pendingKeys(keyring).filter((key) => isObserved(key) && published && !published.kids.has(key.kid));
  return lost.reduce((rest, { kid }) => unobserve(rest, kid), keyring);
}

export function note(
  { log, clock }: RotatorPorts,
  keyring: Keyring,
  revision: number,
  step: Pick<StepLine, 'step' | 'burned' | 'why'>,
) {
  log({ event: 'step', ...standing(keyring, revision, clock()), ...step });
}

/** Without a keyring KMS itself has to say which key it is. One that cannot be disabled keeps no other one enabled. */
async function disableAnyway(
  keys: KeyManager,
  keyring: Keyring | undefined,
  kids: BurnRequest['kids'],
  disabled: Set<string>,
): Promise<void> {
  const wanted = (kid: string) => kids === 'all' || kids.includes(kid);
  const arns = new Set<string>();
  for (const key of keyring?.keys ?? []) if (isRendered(key) && wanted(key.kid)) arns.add(key.keyArn);
  for (const { keyArn, algorithm, genuine } of keyring ? [] : await keys.tagged().catch(() => [])) {
    if (!genuine || !algorithm) continue;
    const jwk = await keys.publicKey({ keyArn, algorithm }).catch(() => undefined);
    if (jwk && wanted(jwk.kid)) arns.add(keyArn);
  }
  for (const keyArn of arns) {
    if (disabled.has(keyArn)) continue;
    await keys.disable(keyArn).then(
      () => disabled.add(keyArn),
      () => undefined,
    );
  }
}
