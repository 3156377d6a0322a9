/** The JWKS: a projection of the keyring, byte for byte the same for the same document version. */
import type { PublicJwk } from './jwk.ts';
import { type Keyring, renderedKeys } from './keyring.ts';

/** RFC 7517 §5. `documentVersion` is ours: §5 has every other member ignored. */
export interface Jwks {
  readonly keys: readonly PublicJwk[];
  readonly documentVersion: number;
}

/**
 * Ordered by birth, not by state: an activation changes nothing that is rendered, and who takes `keys[0]` for the
 * active key is wrong from the first day on.
 */
export function renderJwks(keyring: Keyring): Jwks {
  const keys = [...renderedKeys(keyring), ...(keyring.imported ?? [])]
    .toSorted((a, b) => a.sinceVersion - b.sinceVersion || (a.jwk.kid < b.jwk.kid ? -1 : 1))
    .map((key) => key.jwk);
  return { keys, documentVersion: keyring.documentVersion };
}

/** What a document in the bucket or at the edge holds, or undefined when it is none of ours. */
export interface ServedJwks {
  readonly version: number;
  readonly kids: ReadonlySet<string>;
}

export function readJwks(body: string): ServedJwks | undefined {
  const { keys, documentVersion } = readObject(body);
  if (!Array.isArray(keys) || !isVersion(documentVersion)) return undefined;
  const kids = keys.map((key: { kid?: unknown } | null) => key?.kid).filter((kid) => typeof kid === 'string');
  return { version: documentVersion, kids: new Set(kids) };
}

/** The version of any of the issuer's documents, or 0 when it carries none. */
export function readVersion(body: string): number {
  const { documentVersion } = readObject(body);
  return isVersion(documentVersion) ? documentVersion : 0;
}

/** The first document that is rendered has version 1. */
const isVersion = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

function readObject(body: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}
