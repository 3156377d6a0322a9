/**
 * The status page and the timeline that it shows, put beside the issuer's documents after everything else. No verifier
 * reads them and no rule looks at them: what fails here is told, and left to the next tick.
 */
import type { Policy } from './config.ts';
import { isKeyturnError } from './errors.ts';
import { documentPaths, pagePaths } from './issuer.ts';
import { readVersion } from './jwks.ts';
import { cacheControl } from './policy.ts';
import type { Document, KeyringReader, Publisher, StoredDocument } from './ports.ts';
import { renderTimeline } from './timeline.ts';

export interface PagePorts {
  readonly store: KeyringReader;
  readonly publisher: Publisher;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly log: (line: object) => void;
}

/**
 * Never rejects.
 * @param html undefined where only the timeline is to be written
 * @param patience in seconds
 */
export async function refreshPage(
  ports: PagePorts,
  policy: Policy,
  html: string | undefined,
  patience: number,
): Promise<void> {
  const late = ports.sleep(patience).then(() => Promise.reject(new Error(`it takes longer than ${patience} s`)));
  await Promise.race([publishPage(ports, policy, html), late]).catch((error: Error) => {
    ports.log({ event: 'page-failed', issuer: policy.issuer, why: error.message });
  });
}

async function publishPage({ store, publisher }: PagePorts, policy: Policy, html: string | undefined): Promise<void> {
  const { keyring, revision } = await store.load();
  const paths = pagePaths(policy.issuer);
  const document = (path: string, contentType: string, body: string): Document => ({
    path,
    contentType,
    cacheControl: cacheControl(policy),
    body,
  });
  const documents =
    html === undefined ? [] : [document(paths.page, 'text/html; charset=utf-8', pageOf(html, policy.issuer))];
  if (keyring && keyring.documentVersion > 0) {
    const timeline = JSON.stringify(renderTimeline(keyring, revision, policy));
    documents.push(document(paths.timeline, 'application/json', timeline));
  }
  const written = await Promise.all(documents.map((each) => put(publisher, each)));
  const changed = documents.filter((_, index) => written[index]).map(({ path }) => path);
  if (changed.length > 0) await publisher.invalidate(changed);
}

/** Without a script, and as long as nothing can be fetched, the page says whose it is and where the keys are. */
export const pageOf = (html: string, issuer: string): string =>
  html.replaceAll('{{issuer}}', issuer).replaceAll('{{jwks}}', documentPaths(issuer).jwks);

/** Whether it was written. An older timeline never replaces a newer one; of two writers at once one gives way. */
async function put(publisher: Publisher, document: Document): Promise<boolean> {
  const stored = await publisher.read(document.path);
  if (stored && (isSame(stored, document) || isNewer(stored.body, document.body))) return false;
  try {
    await publisher.write(document, stored?.etag);
    return true;
  } catch (error) {
    if (isKeyturnError(error, 'document_conflict')) return false;
    throw error;
  }
}

const isSame = (stored: StoredDocument, document: Document): boolean =>
  stored.body === document.body &&
  stored.cacheControl === document.cacheControl &&
  stored.contentType === document.contentType;

/** A recovered keyring has a lower revision than the lost one, and a higher `documentVersion`. */
function isNewer(theirs: string, ours: string): boolean {
  const [a, b] = [readVersion(theirs), readVersion(ours)];
  return a === b ? revisionOf(theirs) > revisionOf(ours) : a > b;
}

/** The page itself has neither: the deployed one is the right one. */
function revisionOf(body: string): number {
  try {
    const { revision } = Object(JSON.parse(body)) as { revision?: unknown };
    return typeof revision === 'number' ? revision : 0;
  } catch {
    return 0;
  }
}
