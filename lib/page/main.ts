/** The status page: the issuer's documents, fetched and drawn, again and again while somebody looks. */
import { documentPaths } from '../core/issuer.ts';
import { showAddresses } from './addresses-view.ts';
import { type Documents, loadDocuments } from './documents.ts';
import { byId } from './element.ts';
import { showHeading } from './heading.ts';
import { startInspector } from './inspector-view.ts';
import { keysOf } from './keys.ts';
import { showLanguages } from './languages-view.ts';
import { showKeys } from './timeline-view.ts';

/** The documents' Cache-Control decides what is really fetched. */
const REFRESH_MS = 2000;

let documents: Documents | undefined;
const clock = (): number => Date.now() / 1000;

/** From the page's own origin, which may still be another than the issuer's. */
const jwksUrlOf = ({ issuer }: Documents): string => `${location.origin}${documentPaths(issuer).jwks}`;

const inspectAgain = startInspector((audience) => {
  if (!documents) return undefined;
  return {
    issuer: documents.issuer,
    jwksUrl: jwksUrlOf(documents),
    audience,
    now: clock(),
    // As it is served now, whatever this browser has kept.
    fetch: (url, init) => fetch(url, { ...init, cache: 'no-cache', credentials: 'omit' }),
    canVerify: isSecureContext,
  };
}, clock);

async function refresh(): Promise<void> {
  const before = documents;
  try {
    documents = await loadDocuments(location);
    say(noteOf(documents));
    draw(documents);
  } catch (error) {
    // What was shown before stays, with a word that it is old.
    say(`The documents cannot be fetched now: ${(error as Error).message}.`);
    if (!before) byId('lead').textContent = 'Its keys cannot be fetched now.';
  }
  inspectAgain(JSON.stringify(before?.jwks) !== JSON.stringify(documents?.jwks));
}

function draw(known: Documents): void {
  const { issuer, jwks, timeline, documentVersion } = known;
  const keys = keysOf(jwks, timeline);
  const paths = documentPaths(issuer);
  showHeading(issuer);
  for (const id of ['legend', 'addresses-section', 'verify-section']) byId(id).hidden = false;
  showKeys(keys, clock());
  showAddresses(known, paths);
  const algorithm = keys.find(({ state }) => state === 'active')?.algorithm ?? jwks[0]?.alg ?? 'RS256';
  showLanguages({ issuer, jwksUrl: `${new URL(issuer).origin}${paths.jwks}`, algorithm });
  byId('version').textContent = documentVersion === undefined ? '' : `Version ${documentVersion} of the documents.`;
}

/** What should be known about what is shown. */
function noteOf({ timeline, documentVersion = 0, issuer }: Documents): string {
  if (!timeline) return 'When its keys change is not published here.';
  if (timeline.issuer !== issuer) return 'The timeline is of another issuer.';
  return timeline.documentVersion < documentVersion ? 'The keys have just changed; their times follow.' : '';
}

function say(text: string): void {
  const place = byId('keys-note');
  place.textContent = text;
  place.hidden = text === '';
}

/** One at a time: an answer that is late must not be drawn over a newer one. */
let isAsking = false;

async function again(): Promise<void> {
  if (document.hidden) return;
  // A token expires whether or not anybody answers.
  if (isAsking) return inspectAgain(false);
  isAsking = true;
  await refresh();
  isAsking = false;
}

void again();
setInterval(again, REFRESH_MS);
document.addEventListener('visibilitychange', again);
// What has room is another then.
window.addEventListener('resize', () => documents && draw(documents));
