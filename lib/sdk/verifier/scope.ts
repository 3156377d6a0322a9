/** What a token allows: `scope` (RFC 8693 §4.2, RFC 9068 §2.2.3), names with spaces between, compared exactly. */
import type { Claims } from './claims.ts';
import { refuse } from './errors.ts';

/** RFC 6749 §3.3. A token never has another one. */
export const isScopeName = (name: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(name);

/** The names in it. */
export const scopesOf = ({ scope = '' }: Pick<Claims, 'scope'>): ReadonlySet<string> =>
  new Set(scope.split(' ').filter((name) => name !== ''));

/**
 * That the token has them all.
 * @throws VerificationError `scope_insufficient`
 */
export function requireScopes(claims: Pick<Claims, 'scope'>, ...scopes: readonly string[]): void {
  const granted = scopesOf(claims);
  if (scopes.every((name) => granted.has(name))) return;
  const reason = claims.scope === undefined ? 'missing' : 'rejected';
  refuse('scope_insufficient', `scope must have ${scopes.join(' ')}`, { claim: 'scope', reason });
}
