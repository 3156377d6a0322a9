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

async function put(publisher: Publisher, document: Document, seen: StoredDocument | undefined): Promise<void> {
  requireNotNewer(document, seen);
  try {
    await publisher.write(document, seen?.etag);
  } catch (error) {
    if (!isKeyturnError(error, 'document_conflict')) throw error;
    // Somebody was first, or our own retried write had succeeded: what is there now decides.
    const current = await publisher.read(document.path);
    if (current?.body === document.body && current.cacheControl === document.cacheControl) return;
    requireNotNewer(document, current);
    throw error;
  }
}

function requireNotNewer(document: Document, stored: StoredDocument | undefined): void {
  const [ours, theirs] = [readVersion(document.body), readVersion(stored?.body ?? '')];
  if (theirs <= ours) return;
  throw new KeyturnError('document_newer', `${document.path} is at version ${theirs}, the keyring is at ${ours}`);
}
