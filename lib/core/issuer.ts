/** The issuer's URL and where its documents live below it. */
import { KeyturnError } from './errors.ts';

const JWKS = '/.well-known/jwks.json';
/** ALB takes an issuer and a JWKS URL of at most 256 characters each. */
const MAX_LENGTH = 256 - JWKS.length;

const refuse = (message: string): never => {
  throw new KeyturnError('policy_invalid', message);
};

/** Where http will do: this machine, and the names without a dot that containers call each other by. No public DNS has one. */
export const isNearby = (hostname: string): boolean =>
  ['127.0.0.1', '[::1]'].includes(hostname) || /^[\w-]+$/.test(hostname);

/**
 * RFC 8414 §2: https, no query, no fragment. A trailing slash or an upper-case host would make two spellings of one
 * issuer, and verifiers compare exactly (RFC 7519 §4.1.1).
 */
export function parseIssuer(value: unknown): string {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (typeof value !== 'string' || !url) return refuse(`issuer must be an https URL, got ${JSON.stringify(value)}`);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isNearby(url.hostname))) {
    refuse(
      `issuer must use https (http only on localhost, or at a name without a dot), got ${url.protocol}//${url.host}`,
    );
  }
  if (url.search || url.hash || url.username || url.password) {
    refuse('issuer must have no query, fragment, user name or password');
  }
  // It is a tag of every key and a path pattern of CloudFront too, and each takes fewer characters than a URL.
  if (!/^[\w./:=+@-]*$/.test(url.pathname)) {
    refuse(`issuer's path must be of letters, digits and ._/:=+@-, got ${url.pathname}`);
  }
  const normal = url.pathname === '/' ? url.origin : `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  if (value !== normal) refuse(`issuer must be written ${normal}, got ${value}`);
  if (value.length > MAX_LENGTH) refuse(`issuer must have at most ${MAX_LENGTH} characters, got ${value.length}`);
  return value;
}

/** Paths below the origin. An issuer with a path has its metadata in two places: see each line. */
export function documentPaths(issuer: string) {
  const { pathname } = new URL(issuer);
  const path = pathname === '/' ? '' : pathname;
  return {
    jwks: `${path}${JWKS}`,
    // OpenID Connect Discovery 1.0 §4: after the issuer's path.
    openidConfiguration: `${path}/.well-known/openid-configuration`,
    // RFC 8414 §3: between the host and the issuer's path.
    oauthAuthorizationServer: `/.well-known/oauth-authorization-server${path}`,
  } as const;
}

/**
 * The status page has the issuer's own address, and what it shows lies below that. A distribution serves `index.html`
 * where its root is asked for; S3 takes a path's object beside those that lie below it.
 */
export function pagePaths(issuer: string) {
  const { pathname } = new URL(issuer);
  const path = pathname === '/' ? '' : pathname;
  return { page: path || '/index.html', timeline: `${path}/timeline.json` } as const;
}
