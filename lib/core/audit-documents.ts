/** Every version of the published documents, held against the keyring (I5, I6, I10). Pure. */
import type { Policy } from './config.ts';
import { renderDocuments } from './discovery.ts';
import { formatInstant } from './duration.ts';
import { isOfImport } from './imports.ts';
import { documentPaths, pagePaths } from './issuer.ts';
import { jwkFault } from './jwk.ts';
import { readVersion } from './jwks.ts';
import type { Keyring } from './keyring.ts';
import { minGrace } from './policy.ts';

/** One version of an object below `public/`. */
export interface PublishedVersion {
  /** As verifiers ask for it. */
  readonly path: string;
  readonly versionId: string;
  /** Seconds since 1970. */
  readonly at: number;
  /** Undefined: this is the mark of a deletion. */
  readonly body: string | undefined;
}

/** @param versions from the oldest to the newest */
export function auditDocuments(keyring: Keyring, versions: readonly PublishedVersion[], policy: Policy): string[] {
  const paths: string[] = Object.values(documentPaths(keyring.issuer));
  const known: string[] = [...paths, ...Object.values(pagePaths(keyring.issuer))];
  const foreign = versions.filter(({ path }) => !known.includes(path));
  const strange = new Set(foreign.map(({ path }) => `${path} is no document of this issuer`));
  const jwks = versions.filter(({ path }) => path === documentPaths(keyring.issuer).jwks);
  return [
    ...strange,
    ...paths.flatMap((path) => auditOrder(versions.filter((version) => version.path === path))),
    ...auditKeys(keyring, jwks),
    ...auditDepartures(keyring, jwks, policy),
    ...auditCurrent(keyring, versions, policy),
  ];
}

const nameOf = ({ path, versionId, at }: PublishedVersion): string =>
  `${path} of ${formatInstant(at)} (version id ${versionId})`;

function auditOrder(versions: readonly PublishedVersion[]): string[] {
  const found: string[] = [];
  let highest = 0;
  let bytes: string | undefined;
  for (const version of versions) {
    const { body } = version;
    if (body === undefined) {
      found.push(`${nameOf(version)} was deleted`);
      continue;
    }
    const number = readVersion(body);
    if (number === 0) found.push(`${nameOf(version)} carries no documentVersion: it is none of ours`);
    else if (number < highest) found.push(`${nameOf(version)} goes back from documentVersion ${highest} to ${number}`);
    else if (number === highest && body !== bytes)
      found.push(`${nameOf(version)} has documentVersion ${number} once more, with another text`);
    if (number >= highest) [highest, bytes] = [number, body];
  }
  return found;
}

const keysOf = (body: string | undefined): Readonly<Record<string, unknown>>[] => {
  try {
    const { keys } = Object(JSON.parse(body ?? '{}')) as { keys?: unknown };
    return Array.isArray(keys) ? keys.map(Object) : [];
  } catch {
    return [];
  }
};
const kidsOf = (version: PublishedVersion | undefined): Set<unknown> =>
  new Set(keysOf(version?.body).map(({ kid }) => kid));

/** A key that was published and that this keyring never made is how a poisoned set looks. */
function auditKeys(keyring: Keyring, versions: readonly PublishedVersion[]): string[] {
  const left = keyring.history.filter(([, , reason]) => isOfImport(reason)).map(([kid]) => kid);
  const foreign = new Set<unknown>([...left, ...(keyring.imported ?? []).map(({ jwk }) => jwk.kid)]);
  const known = new Set<unknown>([
    ...foreign,
    ...keyring.keys.map(({ kid }) => kid),
    ...keyring.history.map(([kid]) => kid),
  ]);
  const found = new Map<unknown, string>();
  for (const version of versions) {
    for (const key of keysOf(version.body)) {
      const { kid } = key;
      const fault = foreign.has(kid) ? undefined : jwkFault(key);
      const what = !known.has(kid)
        ? `holds key ${String(kid)}, which this issuer never had`
        : fault && `holds key ${String(kid)} in a form that is not ours: ${fault}`;
      // Once is enough: a key stays for months.
      if (what && !found.has(kid)) found.set(kid, `${nameOf(version)} ${what}`);
    }
  }
  return [...found.values()];
}

/** I5, I6: who left without a burn had no live tokens, and nobody comes back. */
function auditDepartures(keyring: Keyring, versions: readonly PublishedVersion[], policy: Policy): string[] {
  const found: string[] = [];
  const left = new Set<unknown>();
  for (const [index, version] of versions.entries()) {
    const kids = kidsOf(version);
    for (const kid of kids) {
      if (left.delete(kid) && !mayReturn(keyring, kid, version.at))
        found.push(`key ${String(kid)} came back with ${nameOf(version)}`);
    }
    for (const kid of kidsOf(versions[index - 1])) {
      if (kids.has(kid)) continue;
      left.add(kid);
      const early = leftEarly(keyring, kid, version.at, policy);
      if (early) found.push(`key ${String(kid)} is missing from ${nameOf(version)}: ${early}`);
    }
  }
  return found;
}

/** I10 binds our own keys. An imported one may be imported again, until it burns. */
function mayReturn({ imported = [], history }: Keyring, kid: unknown, at: number): boolean {
  if (imported.some(({ jwk }) => jwk.kid === kid)) return true;
  const [, leftAt = 0, reason = ''] = history.find(([old]) => old === kid) ?? [];
  return isOfImport(reason) && at <= leftAt;
}

/** A destroyed key has left a line of history, a retired one its end; of both, the lifetime of tokens is today's. */
function leftEarly(keyring: Keyring, kid: unknown, at: number, policy: Policy): string | undefined {
  const key = keyring.keys.find((candidate) => candidate.kid === kid);
  if (key && key.state !== 'retired' && key.state !== 'compromised') return `it is ${key.state}`;
  const [, endedAt, reason] = keyring.history.find(([old]) => old === kid) ?? [kid, key?.endedAt, key?.reason];
  if (key?.state === 'compromised' || reason !== 'rotated' || endedAt === undefined) return undefined;
  const live = endedAt + minGrace(policy, policy.maxTokenLifetime) - 4 * policy.clockSkew - 1;
  return at < live ? `its tokens could live until ${formatInstant(live)}` : undefined;
}

/** A tick mends what differs, so that only what it has not seen yet is said here. */
function auditCurrent(keyring: Keyring, versions: readonly PublishedVersion[], policy: Policy): string[] {
  return renderDocuments(keyring, policy).flatMap(({ path, body }) => {
    const newest = versions.findLast((version) => version.path === path);
    if (newest?.body === body) return [];
    return newest ? [`${nameOf(newest)} is not what the keyring renders`] : [`${path} is not published`];
  });
}
