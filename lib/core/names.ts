/** Names that a request must not use, and why. */
import { memberPath, quoteName, refuse } from './refusal.ts';

export const MAX_NAME_LENGTH = 256;

/** Claims that a caller never sets, each with who does (RFC 7519 §4.1, RFC 9068 §2.2). */
export const RESERVED_CLAIMS: ReadonlyMap<string, string> = new Map([
  ['iss', 'the issuer sets it'],
  ['iat', 'the issuer sets it'],
  ['jti', 'the issuer sets it'],
  ['nbf', 'a token is valid from its iat'],
  ['exp', 'ask with the member expiresIn'],
  ['aud', 'ask with the member audience'],
  ['scope', 'ask with the member scope'],
  ['client_id', 'the client that signs sets it'],
]);

/** Names with a meaning in JavaScript: harmless here, a trap in the next program that copies them. */
export const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Names under which people put secrets, whatever their spelling: case, `-`, `_` and spaces do not count. */
export function secretNames(names: Iterable<string>): ReadonlySet<string> {
  return new Set([...names].map(plain));
}

const plain = (name: string) => name.toLowerCase().replace(/[-_ ]/g, '');

export const DEFAULT_SECRET_CLAIMS: readonly string[] = [
  'password passwd pwd passphrase pin otp secret shared_secret client_secret secret_key secret_access_key',
  'api_key access_key private_key signing_key encryption_key credential credentials authorization',
  'token access_token refresh_token id_token session_token bearer_token auth_token',
  'ssn social_security_number credit_card credit_card_number card_number cvv cvc',
].flatMap((line) => line.split(' '));

/**
 * At any depth of a request.
 * @throws KeyturnError `invalid_string`, `forbidden_name`
 */
export function checkName(name: string, parent: string): void {
  // The path of these two is the parent's: such a name has no place in one.
  if (name.length > MAX_NAME_LENGTH) {
    refuse('invalid_string', parent, `a name must have at most ${MAX_NAME_LENGTH} characters, got ${name.length}`);
  }
  if (!name.isWellFormed()) refuse('invalid_string', parent, 'a name must not have a lone surrogate');
  if (FORBIDDEN.has(name)) refuse('forbidden_name', memberPath(parent, name), `no member may be named ${name}`);
}

/** @throws KeyturnError `secret_claim` */
export function checkSecret(name: string, parent: string, secrets: ReadonlySet<string>): void {
  if (!secrets.has(plain(name))) return;
  const message = `a claim must not be named like a secret, got ${quoteName(name)}: anyone can read a token`;
  refuse('secret_claim', memberPath(parent, name), message);
}
