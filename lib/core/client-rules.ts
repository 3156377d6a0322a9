/**
 * What a client's rules may be. One check for the constructs, `keyturn.config.json` and the local stack, so that rules by
 * which no request could ever pass, or which no token could carry, are refused before they are deployed.
 */
import { type ClaimsLimits, checkClaims } from './claims.ts';
import type { ClientRules } from './clients.ts';
import { readDuration } from './duration.ts';
import { isKeyturnError, KeyturnError } from './errors.ts';
import { isPlainObject } from './json.ts';
import { secretNames } from './names.ts';
import { DEFAULT_LIMITS, MAX_AUDIENCE_LENGTH, SCOPE_TOKEN } from './request.ts';

/** Every word begins with a letter, so that the names stay apart in CamelCase too, where outputs are named after them. */
const NAME = /^[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*$/;
const MAX_NAME_LENGTH = 64;
/** What the aliases without a client are called. */
const TAKEN: readonly string[] = ['any', 'canary'];
export const CLIENT_RULES = ['subject', 'audiences', 'scopes', 'claims', 'fixedClaims', 'maxLifetime'];

function fail(message: string): never {
  throw new KeyturnError('policy_invalid', message);
}

/**
 * `{ "orders": { "audiences": ["orders-api"], "scopes": ["orders:read"], "claims": ["tenant_id"], "maxLifetime": "5m" } }`
 * @param secretClaims the policy's: a claim that no request may set is no rule either
 * @throws KeyturnError `policy_invalid`
 */
export function checkClientRules(
  input: unknown,
  secretClaims: Iterable<string>,
): Readonly<Record<string, ClientRules>> {
  if (!isPlainObject(input)) fail(`clients must be an object, got ${JSON.stringify(input)}`);
  const limits = { ...DEFAULT_LIMITS, secretClaims: secretNames(secretClaims) };
  for (const [id, rules] of Object.entries(input)) {
    checkRules(id, rules, limits);
    const { subject } = rules as ClientRules;
    if (subject !== undefined && subject !== id && Object.hasOwn(input, subject)) {
      fail(`clients.${id}.subject must not be the name of another client, got ${subject}`);
    }
  }
  return input as Record<string, ClientRules>;
}

function checkRules(id: string, rules: unknown, limits: ClaimsLimits): void {
  if (!NAME.test(id) || id.length > MAX_NAME_LENGTH || TAKEN.includes(id)) {
    const form = `words of lower-case letters and digits with one dash between them, at most ${MAX_NAME_LENGTH} characters`;
    fail(`a client's name must be ${form}, and not ${TAKEN.join(' or ')}, got ${JSON.stringify(id)}`);
  }
  const at = `clients.${id}`;
  if (!isPlainObject(rules)) fail(`${at} must be an object, got ${JSON.stringify(rules)}`);
  for (const name of Object.keys(rules)) {
    if (!CLIENT_RULES.includes(name)) fail(`${at}.${name} is not a rule; there are ${CLIENT_RULES.join(', ')}`);
  }
  const { subject, audiences, scopes = [], claims = [], fixedClaims = {}, maxLifetime } = rules;
  // `sub` is a rule of its own, and what the issuer sets is nobody's to ask for.
  const isClaim = (name: string) => name !== 'sub' && refusalOf({ sub: 'any', [name]: true }, limits) === undefined;
  checkStrings(`${at}.audiences`, audiences, (text) => text.length <= MAX_AUDIENCE_LENGTH);
  if ((audiences as string[]).length === 0) fail(`${at}.audiences must name at least one audience`);
  checkStrings(`${at}.scopes`, scopes, (text) => SCOPE_TOKEN.test(text));
  checkStrings(`${at}.claims`, claims, isClaim);
  if (subject !== undefined) {
    const reason = refusalOf({ sub: subject }, limits);
    if (reason !== undefined) fail(`${at}.subject cannot be a sub: ${reason}`);
  }
  checkFixedClaims(at, fixedClaims, claims as string[], limits);
  if (maxLifetime !== undefined && readDuration(`${at}.maxLifetime`, maxLifetime) < 1) {
    fail(`${at}.maxLifetime must be at least 1s, got ${maxLifetime}`);
  }
}

function checkStrings(at: string, value: unknown, fits: (text: string) => boolean): void {
  if (!Array.isArray(value)) fail(`${at} must be a list of strings, got ${JSON.stringify(value)}`);
  for (const entry of value as unknown[]) {
    const isText = typeof entry === 'string' && entry !== '' && entry.isWellFormed() && fits(entry);
    if (!isText) fail(`${at} has ${JSON.stringify(entry)}, which no request could ask for`);
  }
  if (new Set(value).size !== value.length) fail(`${at} names the same twice`);
}

function checkFixedClaims(at: string, fixed: unknown, free: readonly string[], limits: ClaimsLimits): void {
  if (!isPlainObject(fixed)) fail(`${at}.fixedClaims must be an object, got ${JSON.stringify(fixed)}`);
  if (Object.hasOwn(fixed, 'sub')) fail(`${at}.fixedClaims must not hold sub: subject fixes it`);
  const reason = refusalOf({ sub: 'any', ...fixed }, limits);
  if (reason !== undefined) fail(`${at}.fixedClaims cannot be in a token: ${reason}`);
  const both = free.find((name) => Object.hasOwn(fixed, name));
  if (both !== undefined) fail(`${at} must either fix the claim ${both} or let requests set it, not both`);
}

/** Why no token could carry these claims. */
function refusalOf(claims: object, limits: ClaimsLimits): string | undefined {
  try {
    checkClaims(claims, '', limits);
    return undefined;
  } catch (error) {
    if (isKeyturnError(error)) return error.message;
    throw error;
  }
}
