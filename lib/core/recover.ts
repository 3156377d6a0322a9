/**
 * `recover`: an operator has seen that the table was restored, lost, or taken over by another stack, and lets the rotation
 * go on from the document that verifiers hold.
 */
import type { Policy } from './config.ts';
import { KeyturnError } from './errors.ts';
import { importedKeys } from './imports.ts';
import { documentPaths } from './issuer.ts';
import { readJwks } from './jwks.ts';
import type { Keyring } from './keyring.ts';
import { load } from './load.ts';
import { type Look, look } from './look.ts';
import type { KeyManager, Loaded } from './ports.ts';
import { type ConfirmedKey, publicKeys, recoverKeyring } from './recovery.ts';
import { type RotatorPorts, rotate, type TickReport } from './rotate.ts';
import { standing } from './step-line.ts';
import { foundKeyring } from './transitions.ts';

/**
 * @param without keys of the document to leave out, though their tokens die of it
 * @throws KeyturnError `transition_refused` when the document is not newer than the keyring, or holds keys that KMS does not
 *   confirm; `clock_skewed`, and what a tick throws
 */
export async function recover(
  ports: RotatorPorts,
  policy: Policy,
  without: readonly string[] = [],
): Promise<TickReport> {
  // What it ends is stamped by its own clock.
  const loaded = await load(ports, policy);
  const seen = await look(ports, loaded.keyring, policy);
  const { documentVersion = 0 } = loaded.keyring ?? {};
  const isHere = loaded.keyring?.home === ports.publisher.home;
  if (loaded.keyring && isHere && seen.storedVersion <= documentVersion) {
    throw new KeyturnError(
      'transition_refused',
      `there is nothing to recover: the document is at version ${seen.storedVersion}, the keyring at ${documentVersion}`,
    );
  }
  const { keyring, unconfirmed } = await recovered(ports, policy, loaded, seen);
  requireNamed(unconfirmed, without);
  const home = { ...keyring, home: ports.publisher.home };
  const revision = await ports.store.save(home, loaded.revision);
  const why = `the keyring goes on from version ${seen.storedVersion} of the document`;
  ports.log({ event: 'step', ...standing(home, revision, ports.clock()), step: 'recover', why });
  return rotate(ports, policy);
}

/** Whose tokens are to die of a recovery is for a person to say, and KMS may only be late. */
function requireNamed(unconfirmed: readonly string[], without: readonly string[]): void {
  const unknown = without.filter((kid) => !unconfirmed.includes(kid));
  if (unknown.length > 0) {
    const is = `${unknown.join(', ')} is not among them`;
    throw new KeyturnError('transition_refused', `only keys that KMS does not confirm can be left out, ${is}`);
  }
  const unnamed = unconfirmed.filter((kid) => !without.includes(kid));
  if (unnamed.length === 0) return;
  throw new KeyturnError(
    'transition_refused',
    `KMS does not confirm what the document holds: ${unnamed.join(', ')}; enable the KMS key if somebody disabled it, wait five minutes if it is new, or leave it out by name, which ends its tokens`,
  );
}

export interface Recovered {
  readonly keyring: Keyring;
  /** Kids of the document that are left out, because KMS does not show a key of ours for them. */
  readonly unconfirmed: readonly string[];
}

/**
 * The keyring as it is, or, if the document is newer, merged with the document; a burn goes on from there too.
 * @throws KeyturnError `keyring_conflict` when the document is newer only because a tick has been at work meanwhile
 */
export async function recovered(
  { store, keys, publisher, clock, randomId }: RotatorPorts,
  policy: Policy,
  { keyring, revision }: Loaded,
  seen: Look,
): Promise<Recovered> {
  const ours = keyring ?? foundKeyring(policy.issuer, randomId(), publisher.home);
  if (seen.storedVersion <= ours.documentVersion) return { keyring: ours, unconfirmed: [] };
  const fresh = await store.load();
  if (fresh.revision !== revision) {
    throw new KeyturnError(
      'keyring_conflict',
      `the keyring must be at revision ${revision}, it is at ${fresh.revision}`,
    );
  }
  const body = seen.stored.get(documentPaths(policy.issuer).jwks)?.body ?? '';
  const kids = publicKeys(body).map(({ kid }) => kid);
  const confirmed = await confirm(keys, seen, kids);
  // Theirs have names of another kind.
  const foreign = importedKeys(ours).filter(({ jwk }) => readJwks(body)?.kids.has(jwk.kid));
  const present = new Set([...kids, ...foreign.map(({ jwk }) => jwk.kid)]);
  const known = new Set([...confirmed.map(({ jwk }) => jwk.kid), ...ours.keys.map(({ kid }) => kid)]);
  return {
    keyring: recoverKeyring(ours, { version: seen.storedVersion, kids: present }, confirmed, policy, clock()),
    unconfirmed: [...present].filter((kid) => !known.has(kid) && !foreign.some(({ jwk }) => jwk.kid === kid)),
  };
}

/** The document's word is not enough: KMS itself has to show each key, with our policy on it. In the document's order. */
async function confirm(keys: KeyManager, seen: Look, kids: readonly string[]): Promise<ConfirmedKey[]> {
  const found = new Map<string, ConfirmedKey>();
  for (const { keyArn, algorithm, genuine, state, createdAt } of seen.kms.values()) {
    if (!genuine || !algorithm || state !== 'enabled') continue;
    const jwk = await keys.publicKey({ keyArn, algorithm });
    found.set(jwk.kid, { keyArn, jwk, createdAt });
  }
  return kids.flatMap((kid) => found.get(kid) ?? []);
}
