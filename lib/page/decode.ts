/** What a token says of itself, as far as it can be read at all. Nothing here is believed. */
import { MAX_TOKEN_CHARACTERS } from '../sdk/verifier/compact.ts';

export type Said = Readonly<Record<string, unknown>>;
export interface Decoded {
  /** Empty where it cannot be read. */
  readonly header: Said;
  readonly claims: Said;
}

export function decode(token: string): Decoded {
  // Thousands of rows tell nobody anything.
  if (token.length > MAX_TOKEN_CHARACTERS) return { header: {}, claims: {} };
  const [header = '', claims = ''] = token.split('.');
  return { header: partOf(header), claims: partOf(claims) };
}

function partOf(part: string): Said {
  try {
    const binary = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
    const value: unknown = JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (byte) => byte.charCodeAt(0))));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Said) : {};
  } catch {
    return {};
  }
}

/** What can be seen from afar, and what a verifier says in fewer words. */
export function shapeOf(token: string, { alg }: Said): string | undefined {
  if (token.length > MAX_TOKEN_CHARACTERS) return undefined;
  const parts = token.split('.').length;
  if (parts === 5) return 'It has five parts: it is encrypted (JWE), and only whom it is for can read it.';
  if (parts !== 3) return `A signed token has three parts with dots between them, this has ${parts}.`;
  if (String(alg).toLowerCase() === 'none')
    return 'Its alg is none: nobody signed it, and anybody can write such a token.';
  return undefined;
}

const TIMES = ['iat', 'nbf', 'exp', 'auth_time'];

/** Seconds since 1970, where the claim is one of those that hold them. */
export const instantOf = (name: string, value: unknown): number | undefined =>
  TIMES.includes(name) && typeof value === 'number' && Math.abs(value) < 1e11 ? value : undefined;
