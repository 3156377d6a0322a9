/** What may be asked for, and when two ask for the same. */
import { TokenError } from './errors.ts';

/** Within the client's rules: https://github.com/keyturn/keyturn#what-you-can-ask-for. */
export interface TokenRequest {
  /** Whom the token is for. */
  readonly audience: string | readonly string[];
  /** As in RFC 6749: scope-tokens with one space between them. */
  readonly scope?: string | undefined;
  /** Seconds. @default - the issuer's `tokenLifetime` */
  readonly expiresIn?: number | undefined;
  /** @default 'JWT' */
  readonly type?: 'JWT' | 'at+jwt' | undefined;
  /** With `sub`, unless the client's rules fix it. */
  readonly claims?: object | undefined;
}

/** @throws TokenError `options_invalid` */
export function bodyOf(request: TokenRequest): string {
  try {
    const body = JSON.stringify(request);
    if (body?.startsWith('{')) return body;
  } catch (cause) {
    throw new TokenError('options_invalid', 'the request must be JSON, it cannot be written as such', { cause });
  }
  throw new TokenError(
    'options_invalid',
    `the request must be an object, got ${request === null ? null : typeof request}`,
  );
}

/** Of what is sent: two that are sent alike are one, and the order of members says nothing. */
export function keyOf(body: string): string {
  return JSON.stringify(sorted(JSON.parse(body)));
}

/** An object becomes a list that no list becomes: two requests must never share a token by accident. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return ['list', ...value.map(sorted)];
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return ['object', ...members.map(([name, member]) => [name, sorted(member)])];
}
