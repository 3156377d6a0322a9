/** How a request is refused: where, and in a sentence that names members but never repeats a value. */
import { KeyturnError, type RequestCode } from './errors.ts';

export function refuse(code: RequestCode, path: string, message: string): never {
  throw new KeyturnError(code, message, { path });
}

/** RFC 6901 §3: `~` and `/` are escaped. */
export function memberPath(parent: string, member: string | number): string {
  return `${parent}/${typeof member === 'number' ? member : member.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** A member's name for a sentence: escaped, so that it cannot forge a log line, and cut. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name);
}

/** What kind of value it is, for a sentence that must not repeat it. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return value === '' ? 'an empty string' : `a string of ${value.length} characters`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
