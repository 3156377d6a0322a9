/**
 * A segment as the one object that every reader of JSON finds in it (RFC 7519 §7.2, RFC 7493 §2): UTF-8 without a byte
 * order mark, no name twice, no number that floats do not hold, no lone surrogate. Its objects inherit nothing.
 */
import { isKeyturnError } from '../../core/errors.ts';
import { isSafeNumber, scanJson } from '../../core/json.ts';
import { refuse, type VerificationCode } from './errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Keyturn signs claims of eight levels. */
const MAX_DEPTH = 16;
const NUMBERS = 'hold only numbers that every reader reads alike';
/** The mark is kept, so that JSON.parse refuses it. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @param segment in canonical base64url
 * @throws VerificationError `code`, which says what was to be read
 */
export function readObject(segment: string, code: VerificationCode, what: string): JsonObject {
  const malformed: Malformed = (must) => refuse(code, `${what} must ${must}`, { reason: 'malformed' });
  let text: string;
  let value: unknown;
  try {
    text = decode(segment);
    value = JSON.parse(text);
  } catch {
    return malformed('be JSON in UTF-8');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed('be a JSON object');
  check(value, 1, malformed);
  const object = value as JsonObject;
  // What is written just as JSON.stringify writes it has no name twice, and is spared the slow look.
  if (JSON.stringify(object) === text) return object;
  try {
    scanJson(text, MAX_DEPTH);
  } catch (error) {
    malformed(isKeyturnError(error, 'duplicate_member') ? 'name each member once' : NUMBERS);
  }
  return object;
}

type Malformed = (must: string) => never;

function decode(segment: string): string {
  const binary = atob(segment.replaceAll('-', '+').replaceAll('_', '/'));
  return /^[\0-\x7f]*$/.test(binary) ? binary : UTF8.decode(Uint8Array.from(binary, (byte) => byte.charCodeAt(0)));
}

/** And takes their prototypes from the objects inside, before anybody has seen them. */
function check(value: unknown, depth: number, malformed: Malformed): void {
  if (typeof value === 'string' && !value.isWellFormed()) malformed('hold no lone surrogate');
  if (typeof value === 'number' && !isSafeNumber(value)) malformed(NUMBERS);
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) malformed(`nest at most ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    for (const member of value) check(member, depth + 1, malformed);
    return;
  }
  for (const name of Object.keys(value)) {
    // An own member here, and a prototype after the next Object.assign.
    if (name === '__proto__') malformed('have no member __proto__');
    if (!name.isWellFormed()) malformed('hold no lone surrogate');
    check((value as JsonObject)[name], depth + 1, malformed);
  }
  Object.setPrototypeOf(value, null);
}
