/**
 * A segment as the one object that every reader of JSON finds in it (RFC 7519 §7.2, RFC 7493 §2): UTF-8 without a byte
 * order mark, no name twice, no number that floats do not hold, no lone surrogate. Its objects inherit nothing.
 */
import { base64url } from 'jose';
import { isKeyturnError } from '../../core/errors.ts';
import { scanJson } from '../../core/json.ts';
import { refuse, type VerificationCode } from './errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Keyturn signs claims of eight levels. */
const MAX_DEPTH = 16;
/** The mark is kept, so that JSON.parse refuses it. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws VerificationError `code`, which says what was to be read */
export function readObject(segment: string, code: VerificationCode, what: string): JsonObject {
  const malformed = (must: string): never => refuse(code, `${what} must ${must}`, { reason: 'malformed' });
  let text: string;
  let value: unknown;
  try {
    text = UTF8.decode(base64url.decode(segment));
    value = JSON.parse(text);
  } catch {
    return malformed('be JSON in UTF-8');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed('be a JSON object');
  try {
    scanJson(text, MAX_DEPTH);
  } catch (error) {
    if (isKeyturnError(error, 'too_deep')) malformed(`nest at most ${MAX_DEPTH} levels`);
    malformed(isKeyturnError(error, 'duplicate_member') ? 'name each member once' : 'hold only numbers that survive');
  }
  return withoutPrototype(value, malformed) as JsonObject;
}

/** Its recursion ends at MAX_DEPTH. */
function withoutPrototype(value: unknown, malformed: (must: string) => never): unknown {
  if (typeof value === 'string' && !value.isWellFormed()) malformed('hold no lone surrogate');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((member) => withoutPrototype(member, malformed));
  const bare = Object.create(null);
  for (const [name, member] of Object.entries(value)) {
    // An own member here, and a prototype after the next Object.assign.
    if (name === '__proto__') malformed('have no member __proto__');
    if (!name.isWellFormed()) malformed('hold no lone surrogate');
    bare[name] = withoutPrototype(member, malformed);
  }
  return bare;
}
