/**
 * A keyring that is older than the document it once rendered: the table was restored from a backup, or lost. What
 * verifiers hold is the document, so the document decides which keys there are, and KMS decides which of them are ours.
 */
import type { Policy } from './config.ts';
import { isPublicJwk, type PublicJwk } from './jwk.ts';
import type { ServedJwks } from './jwks.ts';
import { type ActiveKey, activeKey, type GraceKey, isRendered, type Key, type Keyring } from './keyring.ts';
import { graceEnd } from './policy.ts';
import { activationTerms } from './transitions.ts';

/** A key of the document that KMS confirms: genuine, enabled, and with this very public key. */
export interface ConfirmedKey {
  readonly keyArn: string;
  readonly jwk: PublicJwk;
  readonly createdAt: number;
}

/**
 * - A key that both hold stays as it is, whatever KMS says of it: its tokens may be live (I5). A pending one may have
 *   signed in what the table has forgotten, and stays for as long as such tokens live.
 * - A key that is in the keyring and not in the document has left it since: it is retired, and never signs again (it may
 *   have been burned).
 * - A key that is in the document and not in the keyring, and that KMS confirms, may have live tokens: it goes into grace.
 * - If nothing would sign then, the key that has been in the document the longest does: of all keys it is the one that
 *   verifiers know best.
 * - A key that KMS does not confirm may have been smuggled into the bucket: it is left out.
 * - If KMS confirms none, a fresh key signs as soon as the edge shows it, as after a burn of all.
 */
export function recoverKeyring(
  keyring: Keyring,
  { version: documentVersion, kids }: ServedJwks,
  document: readonly ConfirmedKey[],
  policy: Policy,
  now: number,
): Keyring {
  const maxTokenLifetime = longestPromise(keyring, policy);
  const tokensUntil = graceEnd(policy, { endedAt: now, maxTokenLifetime });
  const version = Math.max(keyring.documentVersion, documentVersion) + 1;
  const kept = keyring.keys.map((key) => {
    if (isRendered(key) && !kids.has(key.kid)) return gone(key, version, now);
    return key.state === 'pending' ? { ...key, tokensUntil } : key;
  });
  const unknown = document.filter(({ jwk }) => !keyring.keys.some(({ kid }) => kid === jwk.kid));
  const adopted = unknown.map((key) => toGrace(key, maxTokenLifetime, now));
  // Whose key may be one of these: it is not made, nor taken over, once more.
  const { imported = [], intent: _, ...rest } = keyring;
  // What has left the documents since may have been burned. What came since has to be imported anew.
  const published = imported.filter(({ jwk }) => kids.has(jwk.kid));
  const merged: Keyring = {
    ...rest,
    ...(published.length > 0 && { imported: published }),
    documentVersion: version,
    keys: [...kept, ...adopted],
  };
  return activeKey(merged) ? merged : appoint(merged, document, { ...policy, maxTokenLifetime }, now);
}

/** The members of the document that are public keys as we publish them. */
export function publicKeys(body: string): PublicJwk[] {
  try {
    const { keys } = JSON.parse(body) as { keys?: unknown };
    return Array.isArray(keys) ? keys.filter(isPublicJwk) : [];
  } catch {
    return [];
  }
}

const gone = ({ kid, keyArn }: Key, removedInVersion: number, now: number): Key => ({
  state: 'retired',
  kid,
  keyArn,
  endedAt: now,
  reason: 'not in the document after a restore',
  removedInVersion,
});

const asPublished = ({ keyArn, jwk, createdAt }: ConfirmedKey) => ({
  kid: jwk.kid,
  keyArn,
  algorithm: jwk.alg,
  jwk,
  createdAt,
  // Nothing older is known; and not 1, which would waive a lead.
  sinceVersion: 2,
});

/** What was promised under a policy that is forgotten too may have been more. */
const longestPromise = ({ keys }: Keyring, { maxTokenLifetime }: Policy): number =>
  Math.max(maxTokenLifetime, ...keys.map((key) => ('maxTokenLifetime' in key ? key.maxTokenLifetime : 0)));

const toGrace = (key: ConfirmedKey, maxTokenLifetime: number, now: number): GraceKey => ({
  state: 'grace',
  ...asPublished(key),
  activatedAt: key.createdAt,
  endedAt: now,
  maxTokenLifetime,
});

function appoint(
  keyring: Keyring,
  document: readonly ConfirmedKey[],
  policy: Pick<Policy, 'maxTokenLifetime' | 'cryptoperiod'>,
  now: number,
): Keyring {
  const [oldest] = document.filter(({ jwk }) => keyring.keys.some((key) => key.kid === jwk.kid && isRendered(key)));
  if (!oldest) return { ...keyring, flush: { at: now, afterVersion: keyring.documentVersion, immediate: true } };
  const active: ActiveKey = {
    state: 'active',
    ...asPublished(oldest),
    observedAt: now,
    activatedAt: now,
    ...activationTerms(policy, now),
  };
  return { ...keyring, keys: keyring.keys.map((key) => (key.kid === active.kid ? active : key)) };
}
