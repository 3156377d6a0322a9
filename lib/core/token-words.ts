/** Why a token was refused, with the values that it was refused for: they are the asker's own. */
import { formatDuration, formatInstant } from './duration.ts';

type Said = Readonly<Record<string, unknown>>;

/** @param code of a VerificationError */
export function detailOf(code: string, header: Said, claims: Said, now: number): string {
  const ago = (instant: unknown) => {
    const distance = now - Number(instant);
    return `${formatInstant(Number(instant))}, ${distance >= 0 ? `${formatDuration(distance)} ago` : `in ${formatDuration(-distance)}`}`;
  };
  switch (code) {
    case 'token_expired':
      return `: it ended at ${ago(claims.exp)}`;
    case 'token_not_yet_valid':
      return `: iat ${ago(claims.iat)}${claims.nbf === undefined ? '' : `; nbf ${ago(claims.nbf)}`}`;
    case 'issuer_mismatch':
      return `: it is of ${JSON.stringify(claims.iss)}`;
    case 'audience_mismatch':
      return `: it is for ${JSON.stringify(claims.aud)}`;
    case 'type_not_allowed':
      return `: it is ${JSON.stringify(header.typ)}`;
    case 'lifetime_too_long':
      return `: it lives ${Number(claims.exp) - Number(claims.iat)} s`;
    default:
      return '';
  }
}

const parts = (text: string) => text.split('.');

/** What is wrong with a text that should be a JWS in its compact form; the first that fits is the reason. */
const SHAPES: readonly (readonly [is: (text: string) => boolean, words: string])[] = [
  [(text) => text === '', 'it is empty'],
  [
    (text) => /^(authorization:\s*)?bearer\s/i.test(text),
    'it begins with "Bearer", which is the header\'s and not the token\'s',
  ],
  [(text) => /\s/.test(text), 'it has white space in it: was it wrapped over lines?'],
  [(text) => parts(text).length === 5, 'it has five parts: it is encrypted (JWE), and not signed'],
  [(text) => parts(text).length === 2, 'it has two parts: its signature is missing, with the dot before it'],
  [(text) => parts(text).length !== 3, 'it does not have three parts with dots between them'],
  [(text) => text.endsWith('.'), 'its signature is empty'],
  [(text) => parts(text).includes(''), 'one of its parts is empty'],
  [(text) => /=/.test(text), 'it has padding ("="), and base64url in a token has none'],
  [(text) => /[+/]/.test(text), 'it has "+" or "/": that is base64, a token has base64url'],
  [(text) => /[^\w.-]/.test(text), 'it has a character that base64url does not have'],
];

/** Of a token that was refused as malformed. Nothing of it is repeated. */
export function shapeOf(text: string, { alg }: Said): string {
  if (/^none$/i.test(String(alg))) return 'its alg is "none": nobody has signed it, and anybody can write such a token';
  return SHAPES.find(([is]) => is(text))?.[1] ?? 'one of its parts is cut off, or ends in bits that no encoder writes';
}
