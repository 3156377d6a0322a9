/** Puts documents where the edge finds them. An older one never replaces a newer one, whoever else publishes. */
import { isKeyturnError, KeyturnError } from './errors.ts';
import { readVersion } from './jwks.ts';
import type { Document, Publisher, StoredDocument } from './ports.ts';

/**
 * @param stored what the bucket held when the caller last looked
 * @throws KeyturnError `document_newer` when somebody has published a later version meanwhile, `document_conflict`
 */
export async function publish(
  publisher: Publisher,
  documents: readonly Document[],
  stored: ReadonlyMap<string, StoredDocument>,
): Promise<void> {
  for (const document of documents) await put(publisher, document, stored.get(document.path));
  await publisher.invalidate(documents.map(({ path }) => path));
}

/** How often an older version may appear under our hands: ticks that lose, one after the other. */
const ATTEMPTS = 4;

async function put(publisher: Publisher, document: Document, seen: StoredDocument | undefined): Promise<void> {
  let stored = seen;
  for (let attempt = 1; ; attempt++) {
    requireNotNewer(document, stored);
    try {
      return await publisher.write(document, stored?.etag);
    } catch (error) {
      if (!isKeyturnError(error, 'document_conflict')) throw error;
      // Somebody was first, or our own retried write had succeeded: what is there now decides.
      stored = await publisher.read(document.path);
      if (stored?.body === document.body && stored.cacheControl === document.cacheControl) return;
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

function requireNotNewer(document: Document, stored: StoredDocument | undefined): void {
  const [ours, theirs] = [readVersion(document.body), readVersion(stored?.body ?? '')];
  if (theirs <= ours) return;
  throw new KeyturnError('document_newer', `${document.path} is at version ${theirs}, the keyring is at ${ours}`);
}
