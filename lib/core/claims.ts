/** What may stand in a token's payload, and the payload itself. A JWT is signed, not hidden: anyone can read it. */
import { isPlainObject, isSafeNumber, UNSAFE_NUMBER } from './json.ts';
import { checkName, checkSecret, RESERVED_CLAIMS } from './names.ts';
import { describe, memberPath, refuse } from './refusal.ts';
import type { SignRequest } from './request.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type Claims = { readonly sub: string } & { readonly [name: string]: Json };

export interface ClaimsLimits {
  /** How many levels of objects and arrays may lie below `claims`. */
  readonly maxClaimDepth: number;
  /** How many values `claims` may hold, at all levels. A token of 4,096 bytes has room for some 1,500. */
  readonly maxClaimValues: number;
  /** From `secretNames`. */
  readonly secretClaims: ReadonlySet<string>;
}

/** OpenID Connect Core §2 holds `sub` to 255 characters. */
export const MAX_SUBJECT_LENGTH = 255;

/**
 * @returns `claims` itself
 * @throws KeyturnError a code of `REQUEST_CODES`, with a path
 */
export function checkClaims(claims: unknown, path: string, limits: ClaimsLimits): Claims {
  if (claims === undefined) refuse('missing_member', path, 'claims must be given: an object with sub');
  if (!isPlainObject(claims)) {
    return refuse('invalid_member', path, `claims must be an object, got ${describe(claims)}`);
  }
  for (const [name, owner] of RESERVED_CLAIMS) {
    if (Object.hasOwn(claims, name)) {
      refuse('reserved_claim', memberPath(path, name), `claims must not hold ${name}: ${owner}`);
    }
  }
  checkContainer(claims, path, 0, limits.maxClaimValues, limits);
  checkSubject(claims, memberPath(path, 'sub'));
  return claims as Claims;
}

/** RFC 7519 §4.1.2. A `sub` with a colon ought to be a URI (§2): that is not checked. */
function checkSubject(claims: Readonly<Record<string, unknown>>, path: string): void {
  if (!Object.hasOwn(claims, 'sub')) refuse('missing_member', path, 'claims must hold sub');
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT_LENGTH) {
    const expected = `a string of 1 to ${MAX_SUBJECT_LENGTH} characters`;
    refuse('invalid_member', path, `sub must be ${expected}, got ${describe(sub)}`);
  }
}

/** Answers with how many more values there may be. Its recursion ends at `maxClaimDepth`. */
function checkContainer(container: object, path: string, depth: number, room: number, limits: ClaimsLimits): number {
  if (depth > limits.maxClaimDepth) {
    refuse('too_deep', path, `claims must nest at most ${limits.maxClaimDepth} levels, got more`);
  }
  let left = room;
  if (Array.isArray(container)) {
    // By index: forEach and Object.keys pass over holes, which JSON.stringify turns into null.
    for (let index = 0; index < container.length; index += 1) {
      left = checkValue(container[index], path, index, depth, left, limits);
    }
    return left;
  }
  for (const name of Object.keys(container)) {
    checkName(name, path);
    checkSecret(name, path, limits.secretClaims);
    left = checkValue((container as Readonly<Record<string, unknown>>)[name], path, name, depth, left, limits);
  }
  return left;
}

/** `parent` and `member` apart, so that only a refusal or a container costs a path. */
function checkValue(
  value: unknown,
  parent: string,
  member: string | number,
  depth: number,
  room: number,
  limits: ClaimsLimits,
): number {
  if (room === 0) {
    refuse('token_too_large', parent, `claims must hold at most ${limits.maxClaimValues} values, got more`);
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) {
      refuse('invalid_string', memberPath(parent, member), 'a string must not have a lone surrogate');
    }
  } else if (typeof value === 'number') {
    if (!isSafeNumber(value)) refuse('unsafe_number', memberPath(parent, member), UNSAFE_NUMBER);
  } else if (Array.isArray(value) || isPlainObject(value)) {
    return checkContainer(value, memberPath(parent, member), depth + 1, room - 1, limits);
  } else if (value !== null && typeof value !== 'boolean') {
    refuse('invalid_member', memberPath(parent, member), `a claim must be a JSON value, got ${describe(value)}`);
  }
  return room - 1;
}

/** What the issuer adds. Both instants are integers (RFC 7519 §2 would allow fractions; verifiers differ on them). */
export interface Issuance {
  readonly issuer: string;
  readonly jti: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The payload: what the issuer and the request's members set, in a fixed order, then the caller's claims. */
export function buildClaims(request: SignRequest, issuance: Issuance): Readonly<Record<string, Json>> {
  const { audience, scope, claims, clientId } = request;
  const payload: Record<string, Json> = {
    iss: issuance.issuer,
    sub: claims.sub,
    aud: audience,
    iat: issuance.issuedAt,
    exp: issuance.expiresAt,
    jti: issuance.jti,
  };
  if (clientId !== undefined) payload.client_id = clientId;
  if (scope !== undefined) payload.scope = scope;
  // `claims` holds none of the above but `sub`, which keeps its place.
  return Object.assign(payload, claims);
}
