/** One look at the world outside the keyring: what the bucket holds, what the edge serves, what KMS says. */
import type { Policy } from './config.ts';
import { documentPaths } from './issuer.ts';
import { readJwks, readVersion, type ServedJwks } from './jwks.ts';
import type { Keyring } from './keyring.ts';
import { edgeAge } from './policy.ts';
import type { Edge, KeyManager, KmsKey, Publisher, StoredDocument } from './ports.ts';
import { promisedAge } from './stale-copies.ts';

/** What one tick saw outside the keyring. */
export interface Seen {
  /** The documents in the bucket, by path. */
  readonly stored: ReadonlyMap<string, StoredDocument>;
  /** The highest version that any of them carries, 0 without any. */
  readonly storedVersion: number;
  /** The JWKS in the bucket; undefined when there is none or it is not ours. */
  readonly published: ServedJwks | undefined;
  /** The JWKS that the edge serves; undefined when it cannot be had. */
  readonly edge: ServedJwks | undefined;
  /** The very bytes of it. */
  readonly edgeBody: string | undefined;
  /** KMS keys by ARN: those that carry our tag, and those of the keyring. */
  readonly kms: ReadonlyMap<string, KmsKey>;
}

/** Whether KMS has said that a key cannot sign. Nothing is concluded from what it hides, or does not show yet. */
export function cannotSign({ kms }: Pick<Seen, 'kms'>, { keyArn }: { readonly keyArn: string }): boolean {
  const state = kms.get(keyArn)?.state;
  return state !== undefined && state !== 'enabled' && state !== 'hidden';
}

export interface LookPorts {
  readonly publisher: Publisher;
  readonly edge: Edge;
  readonly keys: KeyManager;
}

export interface Look extends Seen {
  /** Why the edge cannot be had, where it cannot. */
  readonly edgeProblem: unknown;
}

/** @throws whatever the bucket and KMS throw: without them nothing may be decided. A silent edge is a finding. */
export async function look(ports: LookPorts, keyring: Keyring | undefined, policy: Policy): Promise<Look> {
  const [documents, edge, kms] = await Promise.all([
    lookAtDocuments(ports.publisher, policy),
    lookAtEdge(ports.edge, policy),
    lookAtKms(ports.keys, keyring),
  ]);
  return { ...documents, ...edge, kms };
}

/** After a publication: the bucket and the edge again. */
export async function lookAgain(ports: LookPorts, before: Look, policy: Policy): Promise<Look> {
  const [documents, edge] = await Promise.all([
    lookAtDocuments(ports.publisher, policy),
    lookAtEdge(ports.edge, policy),
  ]);
  return { ...before, ...documents, ...edge };
}

export async function lookAtDocuments(publisher: Publisher, { issuer }: Policy) {
  const paths = documentPaths(issuer);
  const read = async (path: string) => [path, await publisher.read(path)] as const;
  const found = await Promise.all(Object.values(paths).map(read));
  const stored = new Map(found.filter((entry): entry is [string, StoredDocument] => entry[1] !== undefined));
  const storedVersion = Math.max(0, ...[...stored.values()].map(({ body }) => readVersion(body)));
  const jwks = stored.get(paths.jwks);
  return { stored, storedVersion, published: jwks && readJwks(jwks.body) };
}

async function lookAtEdge(edge: Edge, policy: Policy) {
  try {
    const { body, cacheControl } = await edge.fetch(documentPaths(policy.issuer).jwks);
    requireShortLived(cacheControl, policy);
    return { edge: readJwks(body), edgeBody: body, edgeProblem: undefined };
  } catch (edgeProblem) {
    const nothing: ServedJwks | undefined = undefined;
    return { edge: nothing, edgeBody: undefined, edgeProblem };
  }
}

/** The lead counts on the edge's own words: a document that caches may keep for longer has not been observed. */
function requireShortLived(header: string | undefined, policy: Policy): void {
  const age = promisedAge(header);
  if (age !== undefined && age <= edgeAge(policy)) return;
  throw new Error(`the edge serves cache-control "${header ?? ''}", caches may keep at most ${edgeAge(policy)} s`);
}

async function lookAtKms(keys: KeyManager, keyring: Keyring | undefined): Promise<ReadonlyMap<string, KmsKey>> {
  const tagged = await keys.tagged();
  const seen = new Map(tagged.map((key) => [key.keyArn, key]));
  // The tag index lags behind: whether the active key can sign is asked of KMS itself. Of a key that was made just now
  // KMS may not know yet, so of others nothing is concluded.
  const missing = (keyring?.keys ?? []).filter(({ state, keyArn }) => state === 'active' && !seen.has(keyArn));
  for (const { keyArn } of missing) seen.set(keyArn, await keys.describe(keyArn));
  return seen;
}
