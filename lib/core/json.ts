/**
 * What JSON.parse does not tell: members that occur twice (the last would win, RFC 8259 §4), numbers that do not
 * survive (RFC 7493 §2.2) and depth. Runs on text that JSON.parse has accepted, so it need not know the whole grammar.
 */
import { memberPath, quoteName, refuse } from './refusal.ts';

/** An object or array that is open, and where in it the scan is. */
interface Open {
  /** The names seen, in an object. */
  readonly names: Set<string> | undefined;
  at: string | number;
}

/** Strings, numbers and what opens, closes and separates. `true`, `false`, `null`, colons and white space match nothing. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[{}[\],]/g;

/**
 * Without recursion: depth is the sender's choice.
 * @param maxDepth how many objects and arrays may be open at once
 * @throws KeyturnError `duplicate_member`, `unsafe_number`, `too_deep`, each with its path
 */
export function scanJson(text: string, maxDepth: number): void {
  const open: Open[] = [];
  /** Whether the next string, if in an object, is a member's name. */
  let naming = true;
  const path = () => open.reduce((parent, { at }) => memberPath(parent, at), '');
  for (const [token] of text.matchAll(TOKEN)) {
    const inner = open.at(-1);
    switch (token) {
      case '{':
      case '[':
        if (open.length >= maxDepth) {
          refuse('too_deep', path(), `the body must nest at most ${maxDepth} levels, got more`);
        }
        open.push(token === '{' ? { names: new Set(), at: '' } : { names: undefined, at: 0 });
        naming = true;
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        naming = true;
        if (typeof inner?.at === 'number') inner.at += 1;
        break;
      default:
        if (!token.startsWith('"')) {
          if (!survives(token)) refuse('unsafe_number', path(), UNSAFE_NUMBER);
        } else if (naming && inner?.names !== undefined) {
          // Names are equal when their values are: "\u0061" is "a".
          const name: string = token.includes('\\') ? JSON.parse(token) : token.slice(1, -1);
          inner.at = name;
          if (inner.names.has(name)) refuse('duplicate_member', path(), `member ${quoteName(name)} must occur once`);
          inner.names.add(name);
          naming = false;
        }
    }
  }
}

/** RFC 7493 §2.2: beyond these two bounds, programs read different numbers. */
export const isSafeNumber = (value: number): boolean =>
  Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
export const UNSAFE_NUMBER = `a number must be finite and, if an integer, within ±${Number.MAX_SAFE_INTEGER}`;

/** Whether a reader with 64-bit floats, as JavaScript's are, gets what was written. */
function survives(literal: string): boolean {
  const value = Number(literal);
  if (!isSafeNumber(value) || !Number.isInteger(value) || /^-?\d+$/.test(literal)) return isSafeNumber(value);
  // 9007199254740991.4 and 1e-400 are read as safe integers, and are none.
  return decimal(literal) === decimal(String(value));
}

/** The magnitude as `digits e exponent`, without zeros at either end of the digits: equal for equal numbers. */
function decimal(literal: string): string {
  const [mantissa = '', exponent = '0'] = literal.replace(/^-/, '').toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  let start = 0;
  let end = digits.length;
  // By hand: /0+$/ takes quadratic time on a long literal of zeros.
  while (digits[start] === '0') start += 1;
  while (end > start && digits[end - 1] === '0') end -= 1;
  return start === end
    ? '0'
    : `${digits.slice(start, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}

/** An object as JSON makes them: one with another prototype may turn into anything when it is written. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
