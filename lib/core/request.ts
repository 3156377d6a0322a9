/**
 * The members of the sign request. Every refusal comes before any AWS call. Own code rather than a schema: valibot's
 * `record` drops `__proto__` and `constructor` in silence where they are to be refused, and its `union` loses the path
 * to an array's entry.
 */
import { type Claims, type ClaimsLimits, checkClaims } from './claims.ts';
import { checkAudience, checkClientClaims, checkScope, withFixedClaims } from './client-limits.ts';
import type { Client } from './clients.ts';
import { isPlainObject, isSafeNumber, UNSAFE_NUMBER } from './json.ts';
import { checkName, DEFAULT_SECRET_CLAIMS, secretNames } from './names.ts';
import { describe, memberPath, quoteName, refuse } from './refusal.ts';

export interface SignRequest {
  readonly audience: string | readonly string[];
  readonly scope?: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly type: (typeof TYPES)[number];
  readonly claims: Claims;
  /** On whose behalf: the token's `client_id`. */
  readonly clientId?: string;
}

export interface RequestLimits extends ClaimsLimits {
  /** Seconds, for a request without `expiresIn`. */
  readonly tokenLifetime: number;
  /** Seconds. */
  readonly maxTokenLifetime: number;
  readonly maxBodyBytes: number;
  /** For `checkTokenSize`. */
  readonly maxTokenBytes: number;
}

/** All but the lifetimes, which are the policy's. */
export const DEFAULT_LIMITS: Omit<RequestLimits, 'tokenLifetime' | 'maxTokenLifetime'> = {
  maxBodyBytes: 65_536,
  maxTokenBytes: 4096,
  maxClaimDepth: 8,
  maxClaimValues: 1024,
  secretClaims: secretNames(DEFAULT_SECRET_CLAIMS),
};

export const MAX_AUDIENCES = 20;
export const MAX_AUDIENCE_LENGTH = 256;
export const MEMBERS = ['audience', 'scope', 'expiresIn', 'type', 'claims'] as const;
export const TYPES = ['JWT', 'at+jwt'] as const;
/** RFC 6749 §3.3. */
export const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** Scope-tokens with one space between them. */
export const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/**
 * Reads a request that is already a value: the event of a direct Invoke, or what `parseBody` answers with. A client's
 * rules come on top of what holds for everybody.
 * @throws KeyturnError a code of `REQUEST_CODES`, with a path
 */
export function parseSignRequest(input: unknown, limits: RequestLimits, client?: Client): SignRequest {
  if (!isPlainObject(input)) {
    return refuse('body_not_object', '', `the request must be a JSON object, got ${describe(input)}`);
  }
  for (const name of Object.keys(input)) {
    if ((MEMBERS as readonly string[]).includes(name)) continue;
    checkName(name, '');
    const message = `a request has the members ${MEMBERS.join(', ')}, got ${quoteName(name)}`;
    refuse('unknown_member', memberPath('', name), message);
  }
  // Own members only: nothing that a polluted prototype brings along.
  const read = (name: string) => (Object.hasOwn(input, name) ? input[name] : undefined);
  const audience = readAudience(read('audience'), '/audience');
  const scope = readScope(read('scope'), '/scope');
  const maxLifetime = Math.min(limits.maxTokenLifetime, client?.maxLifetime ?? Number.POSITIVE_INFINITY);
  const expiresIn = readLifetime(read('expiresIn'), '/expiresIn', limits.tokenLifetime, maxLifetime);
  const type = readType(read('type'), '/type', client);
  if (client) {
    checkAudience(client, audience, '/audience');
    checkScope(client, scope, '/scope');
  }
  const claims = readClaims(read('claims'), '/claims', limits, client);
  const request = { audience, expiresIn, type, claims, ...(client && { clientId: client.id }) };
  return scope === undefined ? request : { ...request, scope };
}

function readClaims(value: unknown, path: string, limits: RequestLimits, client: Client | undefined): Claims {
  if (!client) return checkClaims(value, path, limits);
  const claims = checkClaims(withFixedClaims(client, value, path), path, limits);
  checkClientClaims(client, claims, path);
  return claims;
}

/** RFC 7519 §4.1.3; mandatory by RFC 8725 §3.9. A value with a colon ought to be a URI (§2): that is not checked. */
function readAudience(value: unknown, path: string): string | readonly string[] {
  if (value === undefined) refuse('missing_member', path, 'audience must be given: who the token is for');
  if (typeof value === 'string') return readAudienceEntry(value, path);
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_AUDIENCES) {
    const expected = `a string or an array of 1 to ${MAX_AUDIENCES} strings`;
    return refuse('invalid_member', path, `audience must be ${expected}, got ${describe(value)}`);
  }
  const seen = new Set<string>();
  for (const [index, entry] of value.entries()) {
    const at = memberPath(path, index);
    if (seen.has(readAudienceEntry(entry, at))) {
      refuse('invalid_member', at, `audience must not name the same twice, got entry ${index} again`);
    }
    seen.add(entry);
  }
  return value;
}

function readAudienceEntry(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_AUDIENCE_LENGTH) {
    const expected = `a string of 1 to ${MAX_AUDIENCE_LENGTH} characters`;
    return refuse('invalid_member', path, `an audience must be ${expected}, got ${describe(value)}`);
  }
  if (!value.isWellFormed()) refuse('invalid_string', path, 'a string must not have a lone surrogate');
  return value;
}

function readScope(value: unknown, path: string): string | undefined {
  if (value === undefined || (typeof value === 'string' && SCOPE.test(value))) return value;
  const expected = 'tokens of RFC 6749 §3.3 with one space between them';
  return refuse('invalid_member', path, `scope must be ${expected}, got ${describe(value)}`);
}

function readLifetime(value: unknown, path: string, usual: number, longest: number): number {
  if (value === undefined) return Math.min(usual, longest);
  if (typeof value !== 'number') {
    return refuse('invalid_member', path, `expiresIn must be a number of seconds, got ${describe(value)}`);
  }
  if (!isSafeNumber(value)) refuse('unsafe_number', path, UNSAFE_NUMBER);
  if (!Number.isInteger(value) || value < 1) {
    refuse('invalid_member', path, `expiresIn must be whole seconds, at least 1, got ${value}`);
  }
  if (value > longest) refuse('lifetime_too_long', path, `expiresIn must be at most ${longest} s, got ${value} s`);
  return value;
}

function readType(value: unknown, path: string, client: Client | undefined): SignRequest['type'] {
  if (value === undefined || value === 'JWT') return 'JWT';
  if (value !== 'at+jwt') {
    return refuse('invalid_member', path, `type must be ${TYPES.join(' or ')}, got ${describe(value)}`);
  }
  // RFC 9068 §2.2 requires client_id, and only a client's own alias of the function vouches for one.
  if (!client) refuse('invalid_member', path, 'type at+jwt needs a client, and the request came without one');
  return value;
}
