/**
 * Keys of another issuer in this one's JWKS, with an end: while callers move here, the tokens that they still hold verify.
 * Such a key has no KMS key and never signs. It leaves at its end, when an operator says so, or by a burn.
 */
import type { Policy } from './config.ts';
import { formatDuration, formatInstant } from './duration.ts';
import { KeyturnError } from './errors.ts';
import type { PublicJwk } from './jwk.ts';
import type { ImportedKey, Keyring } from './keyring.ts';
import { expectedKeys, maxKeys } from './policy.ts';

export const importedKeys = (keyring: Keyring): readonly ImportedKey[] => keyring.imported ?? [];

export interface ImportTerms {
  readonly until: number;
  /** Where they come from, for people. */
  readonly source: string;
}

/** Moving takes weeks. What is to stay longer is not moving. */
const MAX_SECONDS = 366 * 86_400;
const BURNED = 'burned: ';

const refuse = (message: string): never => {
  throw new KeyturnError('transition_refused', message);
};

/**
 * A key that is imported already gets the new end. The document changes only where keys come in.
 * @throws KeyturnError `transition_refused`
 */
export function importKeys(
  keyring: Keyring,
  keys: readonly PublicJwk[],
  { until, source }: ImportTerms,
  policy: Pick<Policy, 'verifiers' | 'grace' | 'rotationPeriod'>,
  now: number,
): Keyring {
  if (!(until > now)) refuse(`until must lie ahead, got ${formatInstant(until)}`);
  if (until - now > MAX_SECONDS) {
    refuse(`until must be within ${formatDuration(MAX_SECONDS)}, got ${formatInstant(until)}`);
  }
  for (const key of keys) checkName(keyring, key);
  const present = importedKeys(keyring);
  const isNew = (kid: string) => !present.some(({ jwk }) => jwk.kid === kid);
  const documentVersion = keyring.documentVersion + (keys.some(({ kid }) => isNew(kid)) ? 1 : 0);
  const changed = keys.map((jwk): ImportedKey => {
    const known = present.find((other) => other.jwk.kid === jwk.kid);
    return { jwk, until, source, sinceVersion: known?.sinceVersion ?? documentVersion };
  });
  const kept = present.filter(({ jwk }) => !keys.some(({ kid }) => kid === jwk.kid));
  const imported = [...kept, ...changed];
  const room = maxKeys(policy) - expectedKeys(policy);
  if (imported.length > room) {
    refuse(`the JWKS has room for ${Math.max(0, room)} imported keys beside its own, got ${imported.length}`);
  }
  const history = keyring.history.filter(([kid]) => !keys.some((key) => key.kid === kid));
  return { ...keyring, documentVersion, history, imported };
}

/** I10: one name, one key. One that left may come back, unless it was burned; one of our own may not. */
function checkName(keyring: Keyring, key: PublicJwk): void {
  const { kid } = key;
  const own = keyring.keys.find((other) => other.kid === kid);
  if (own) refuse(`key ${kid} is one of this issuer's own, it is ${own.state}`);
  const [, , reason] = keyring.history.find(([old]) => old === kid) ?? [];
  if (reason !== undefined && !reason.startsWith(LEFT)) refuse(`key ${kid} has been here before: ${reason}`);
  const present = importedKeys(keyring).find(({ jwk }) => jwk.kid === kid);
  if (present && JSON.stringify(present.jwk) !== JSON.stringify(key)) {
    refuse(`key ${kid} is imported already, and is another key`);
  }
}

const LEFT = 'imported: ';

/** @throws KeyturnError `transition_refused` for a kid that is not imported */
export function dropImported(keyring: Keyring, kid: string, why: string, now: number): Keyring {
  const present = importedKeys(keyring);
  if (!present.some(({ jwk }) => jwk.kid === kid)) {
    const kids = present.map(({ jwk }) => jwk.kid).join(', ') || 'none';
    refuse(`key ${kid} is not imported; there are ${kids}`);
  }
  return leave(keyring, [kid], `${LEFT}${why}`, now);
}

/** A burned one never comes back. Answers with the same object when none of them is imported. */
export const burnImported = (keyring: Keyring, kids: readonly string[], reason: string, now: number): Keyring =>
  leave(keyring, kids, `${BURNED}${reason}`, now);

/** Whether a line of history is of an imported key: our own that were burned stay among the keys. */
export const isOfImport = (reason: string): boolean => reason.startsWith(LEFT) || reason.startsWith(BURNED);

export const isBurnedImport = (keyring: Keyring, kid: string): boolean =>
  keyring.history.some(([old, , reason]) => old === kid && reason.startsWith(BURNED));

function leave(keyring: Keyring, kids: readonly string[], reason: string, now: number): Keyring {
  const { imported = [], ...rest } = keyring;
  const gone = imported.filter(({ jwk }) => kids.includes(jwk.kid));
  if (gone.length === 0) return keyring;
  const left = imported.filter((key) => !gone.includes(key));
  return {
    ...rest,
    ...(left.length > 0 && { imported: left }),
    documentVersion: keyring.documentVersion + 1,
    history: [...keyring.history, ...gone.map(({ jwk }) => [jwk.kid, Math.floor(now), reason] as const)],
  };
}
