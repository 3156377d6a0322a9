/** Bearer tokens at a protected resource: RFC 6750, RFC 9110 §11.6. */
import type { Claims } from './claims.ts';
import type { Verifier } from './create.ts';
import { refuse, VERIFICATION_CODES, type VerificationError } from './errors.ts';
import { onlyKnown, strings } from './option-checks.ts';
import { isScopeName, requireScopes } from './scope.ts';

export interface BearerOptions {
  /**
   * The token must have all of these.
   * @default none
   */
  readonly scopes?: readonly string[];
  /**
   * Names the protection space in `WWW-Authenticate`.
   * @default none, or `api` where nothing else stands there
   */
  readonly realm?: string;
}

/**
 * What is there and undefined was meant to be something: a guard without its scopes lets everybody in.
 * @throws TypeError
 */
export function checkBearerOptions(options: BearerOptions): void {
  onlyKnown(options, ['scopes', 'realm']);
  if ('scopes' in options) {
    const odd = strings('scopes', options.scopes).find((name) => !isScopeName(name));
    if (odd !== undefined) throw new TypeError(`scopes must be names of one word each, got ${JSON.stringify(odd)}`);
  }
  if ('realm' in options && typeof options.realm !== 'string') throw new TypeError('realm must be a string');
}

/** RFC 9110 §11.1: schemes are compared without case. RFC 6750 §2.1: one token, of these characters. */
const CREDENTIALS = /^bearer +([\w.~+/-]+=*) *$/i;

/**
 * The token of an `Authorization` header. From nowhere else: what stands in a URL stands in logs (RFC 9700 §4.3.2).
 * @throws VerificationError `token_missing`, `request_malformed`
 */
export function bearerToken(authorization: string | null | undefined): string {
  if (authorization == null || !/^bearer( |$)/i.test(authorization)) {
    return refuse('token_missing', 'the request must have a bearer token', { reason: 'missing' });
  }
  const [, token] = CREDENTIALS.exec(authorization) ?? [];
  return token ?? refuse('request_malformed', 'the request must have one bearer token', { reason: 'malformed' });
}

/**
 * The claims of the token in an `Authorization` header, for a server that has no adapter here.
 * @throws VerificationError
 * @throws TypeError when an option does not exist, or makes no sense
 */
export async function authenticate(
  verifier: Verifier,
  authorization: string | null | undefined,
  options: BearerOptions = {},
): Promise<Claims> {
  checkBearerOptions(options);
  return claimsOf(verifier, authorization, options);
}

/**
 * The same, with options that were checked before.
 * @throws VerificationError
 */
export async function claimsOf(
  verifier: Verifier,
  authorization: string | null | undefined,
  { scopes = [] }: BearerOptions,
): Promise<Claims> {
  const claims = await verifier.verify(bearerToken(authorization));
  // RFC 9449 §6.1, RFC 8705 §3.1: the token is its holder's only with a proof, and nobody here asks for that.
  if (claims.cnf !== undefined) refuse('token_bound', 'the token must not be bound to a key', { claim: 'cnf' });
  requireScopes(claims, ...scopes);
  return claims;
}

/** The value of `WWW-Authenticate` (RFC 6750 §3), or undefined where the fault is not the client's. */
export function challenge(error: VerificationError, { scopes = [], realm }: BearerOptions = {}): string | undefined {
  const consequence = VERIFICATION_CODES[error.code];
  if (error.status === 503) return undefined;
  const parameters: string[] = [];
  if (realm !== undefined) parameters.push(`realm=${quoted(realm)}`);
  // RFC 6750 §3.1: without credentials, no error code.
  if ('error' in consequence) {
    parameters.push(`error=${quoted(consequence.error)}`, `error_description=${quoted(error.message)}`);
  }
  if (scopes.length > 0) parameters.push(`scope=${quoted(scopes.join(' '))}`);
  // RFC 6750 §3: there must be one at least.
  if (parameters.length === 0) parameters.push(`realm=${quoted(DEFAULT_REALM)}`);
  return `Bearer ${parameters.join(', ')}`;
}

const DEFAULT_REALM = 'api';

/** RFC 6750 §3: printable ASCII without quotes and backslashes. */
const quoted = (text: string): string => `"${text.replaceAll(/[^\x20-\x7e]|["\\]/g, '')}"`;
