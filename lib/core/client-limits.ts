/**
 * A request against a client's rules: exact comparison, without trimming, prefixes, case folding or look-ups that a
 * prototype could answer. The sentences name what the client may ask for, and never what it asked for.
 */
import type { Claims } from './claims.ts';
import type { Client } from './clients.ts';
import { isPlainObject } from './json.ts';
import { memberPath, quoteName, refuse } from './refusal.ts';

/** @throws KeyturnError `audience_not_allowed` */
export function checkAudience(client: Client, audience: string | readonly string[], path: string): void {
  for (const [index, entry] of [audience].flat().entries()) {
    if (client.audiences.has(entry)) continue;
    const at = Array.isArray(audience) ? memberPath(path, index) : path;
    refuse(
      'audience_not_allowed',
      at,
      `client ${client.id} may ask for audience ${named(client.audiences)}, got another`,
    );
  }
}

/** @throws KeyturnError `scope_not_allowed` */
export function checkScope(client: Client, scope: string | undefined, path: string): void {
  for (const token of scope?.split(' ') ?? []) {
    if (client.scopes.has(token)) continue;
    refuse('scope_not_allowed', path, `client ${client.id} may ask for scope ${named(client.scopes)}, got another`);
  }
}

/**
 * What the client's rules make of the request's claims: the fixed ones with those that the request may set. Whatever is
 * no object is left to `checkClaims`, as are names that nobody may use.
 * @throws KeyturnError `claim_not_allowed`
 */
export function withFixedClaims(client: Client, claims: unknown, path: string): unknown {
  const { subject, fixedClaims } = client;
  const own = { ...(subject !== undefined && { sub: subject }), ...fixedClaims };
  if (claims === undefined) return subject === undefined ? claims : own;
  if (!isPlainObject(claims)) return claims;
  for (const name of Object.keys(fixedClaims)) {
    if (!Object.hasOwn(claims, name)) continue;
    refuse('claim_not_allowed', memberPath(path, name), `client ${client.id} has ${quoteName(name)} fixed`);
  }
  return { ...own, ...claims };
}

/** @throws KeyturnError `claim_not_allowed`, `subject_not_allowed` */
export function checkClientClaims(client: Client, claims: Claims, path: string): void {
  const { id, subject, others } = client;
  for (const name of Object.keys(claims)) {
    if (name === 'sub' || client.claims.has(name) || Object.hasOwn(client.fixedClaims, name)) continue;
    const message = `client ${id} may set the claims ${named(client.claims)}, got ${quoteName(name)}`;
    refuse('claim_not_allowed', memberPath(path, name), message);
  }
  const at = memberPath(path, 'sub');
  if (subject !== undefined && claims.sub !== subject) {
    refuse('subject_not_allowed', at, `client ${id} has its sub fixed, got another`);
  }
  // RFC 9068 §5: whoever reads sub must not take this client's token for one about another client.
  if (others.has(claims.sub)) refuse('subject_not_allowed', at, `sub must not be the name of another client`);
}

const MAX_NAMED = 10;

function named(allowed: ReadonlySet<string>): string {
  const names = [...allowed];
  if (names.length === 0) return 'none';
  return names.length > MAX_NAMED ? `${names.slice(0, MAX_NAMED).join(', ')} and others` : names.join(', ');
}
