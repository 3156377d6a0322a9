/** What the issuer serves, as the page reads it: each document from the page's own origin, and nothing else. */
import { documentPaths, pagePaths } from '../core/issuer.ts';
import type { Timeline } from '../core/timeline.ts';
import type { PublishedJwk } from './keys.ts';

export interface Documents {
  readonly issuer: string;
  readonly jwks: readonly PublishedJwk[];
  readonly documentVersion: number | undefined;
  /** Undefined where it is not published, or cannot be had. */
  readonly timeline: Timeline | undefined;
}

/** The page lies at the issuer's own path. */
const basePath = (pathname: string): string => pathname.replace(/\/(?:index\.html)?$/, '');

/** @throws Error with a sentence */
export async function loadDocuments({ origin, pathname }: Location): Promise<Documents> {
  const here = `${origin}${basePath(pathname)}`;
  const paths = documentPaths(here);
  // How long each may be kept says its Cache-Control, so that a page which asks often costs nothing.
  const [metadata, jwks, timeline] = await Promise.all([
    fetchJson(paths.openidConfiguration),
    fetchJson(paths.jwks),
    fetchTimeline(pagePaths(here).timeline),
  ]);
  const { issuer } = Object(metadata) as { issuer?: unknown };
  const { keys, documentVersion } = Object(jwks) as { keys?: unknown; documentVersion?: number };
  if (typeof issuer !== 'string' || !URL.canParse(issuer) || !Array.isArray(keys))
    throw new Error('the documents are not those of an issuer');
  return { issuer, jwks: keys.filter(isNamed), documentVersion, timeline: readTimeline(timeline) };
}

/** Where it is refused, it is asked for rarely: browsers keep no refusals. */
const MISSING_MS = 60_000;
let missingUntil = 0;
let last: unknown;

async function fetchTimeline(path: string): Promise<unknown> {
  if (Date.now() < missingUntil) return last;
  try {
    last = await fetchJson(path);
  } catch (error) {
    // A TypeError is no answer at all (Fetch Standard), and the others fail as well.
    if (!(error instanceof TypeError)) missingUntil = Date.now() + MISSING_MS;
  }
  return last;
}

const isNamed = (key: unknown): key is PublishedJwk => typeof Object(key).kid === 'string';

function readTimeline(value: unknown): Timeline | undefined {
  const { keys } = Object(value) as { keys?: unknown };
  return Array.isArray(keys) ? (value as Timeline) : undefined;
}

async function fetchJson(path: string): Promise<unknown> {
  const response = await fetch(path, { credentials: 'omit', redirect: 'error' });
  if (!response.ok) throw new Error(`${path} was answered with status ${response.status}`);
  return response.json();
}
