/**
 * What is no compact JWS, or has another spelling than the one it was signed in. RFC 7515 §2, §5.2, §7.1;
 * RFC 8725bis §3.3, §3.13. CVE-2019-7644, CVE-2022-39227 (polyglots), CVE-2023-51774, CVE-2026-29000 (JWE around a
 * plain JWT), CVE-2025-30204, CVE-2025-27144 (many dots). Costly JWEs, RFC 8725bis: CVE-2024-28176, CVE-2024-28180,
 * CVE-2024-33664 (compression), CVE-2023-52428 (p2c).
 */
import { deflateRawSync } from 'node:zlib';
import { CompactEncrypt } from 'jose';
import { base64url, by, bytes, CLAIMS, forge, HEADER, RSA, signed } from '../forge.ts';
import { type Attack, each } from './attack.ts';

const TOKEN = forge(HEADER, CLAIMS);
const [HEAD = '', BODY = '', SIGNATURE = ''] = TOKEN.split('.');
const rsa = by(RSA);
const join = (...segments: string[]) => segments.join('.');

/** The same bytes with other unused bits in the last character (RFC 4648 §3.5). */
function respelled(segment: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  if (segment.length % 4 === 0) throw new Error('this segment has one spelling');
  const last = alphabet.indexOf(segment.slice(-1));
  return segment.slice(0, -1) + alphabet[last + 1];
}
/** Parts whose encoding leaves bits over. */
const headerOf = (kid: string) => base64url({ ...HEADER, kid });
const HEAD_WITH_BITS = HEAD.length % 4 === 0 ? base64url(`${JSON.stringify(HEADER)} `) : headerOf(RSA.kid);
const BODY_WITH_BITS = BODY.length % 4 === 0 ? base64url(`${JSON.stringify(CLAIMS)} `) : BODY;
const spaced = (segment: string) => `${segment.slice(0, 8)} ${segment.slice(8)}`;
const padded = (segment: string) => segment.padEnd(Math.ceil(segment.length / 4) * 4, '=');

const encrypted = (plaintext: string, header: object = {}) =>
  new CompactEncrypt(Buffer.from(plaintext))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: RSA.kid, ...header })
    .encrypt(RSA.publicKey);
const PLAIN_JWT = join(base64url({ alg: 'none' }), base64url(CLAIMS), '');

const malformed = { code: 'token_malformed' } as const;

export const FORMAT: readonly Attack[] = [
  ...each({ ...malformed, reason: 'missing' }, { 'no token': undefined, null: null }),
  ...each(malformed, {
    'the empty string': '',
    'a number': 1,
    'an array of the token': [TOKEN],
    'an object that prints as the token': { toString: () => TOKEN },
    'the claims themselves': CLAIMS,
    'a JWE': await encrypted(JSON.stringify(CLAIMS)),
    'a JWE around a plain JWT': await encrypted(PLAIN_JWT, { cty: 'JWT' }),
    'a JWE around a true token': await encrypted(TOKEN, { cty: 'JWT' }),
    'a JWE that unpacks to megabytes': join(
      base64url({ alg: 'dir', enc: 'A256GCM', zip: 'DEF', kid: RSA.kid }),
      '',
      base64url(bytes(12)()),
      deflateRawSync(Buffer.alloc(5_000_000)).toString('base64url'),
      base64url(bytes(16)()),
    ),
    'a JWE whose key takes a thousand million rounds': join(
      base64url({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c: 1e9, p2s: 'AAAAAAAAAAA', kid: RSA.kid }),
      ...[40, 12, 100, 16].map((length) => base64url(bytes(length)())),
    ),
    'two segments': join(HEAD, BODY),
    'four segments': join(TOKEN, SIGNATURE),
    'an empty header': join('', BODY, SIGNATURE),
    'an empty payload': join(HEAD, '', SIGNATURE),
    'an empty payload, signed': signed(HEAD, '', rsa),
    'no signature': join(HEAD, BODY, ''),
    'dots alone': '..',
    'the flattened JSON serialization': JSON.stringify({ protected: HEAD, payload: BODY, signature: SIGNATURE }),
    'the general JSON serialization': JSON.stringify({
      payload: BODY,
      signatures: [{ protected: HEAD, signature: SIGNATURE }],
    }),
    'JSON around a true token': JSON.stringify({ [`${HEAD}.`]: '', payload: BODY, signature: SIGNATURE, token: TOKEN }),
    'the scheme before it': `Bearer ${TOKEN}`,
    'quotes around it': `"${TOKEN}"`,
    'a byte order mark before it': `\uFEFF${TOKEN}`,
    'NUL after it': `${TOKEN}\0`,
    'a dot of another alphabet': TOKEN.replace('.', '\uFF0E'),
    'a letter of another alphabet': TOKEN.replace('e', '\u0435'),
    'the alphabet of base64': signed(
      base64url('{"alg":"RS256","typ":"JWT","kid":">>>???"}').replace(/[-_]/, '+'),
      BODY,
      rsa,
    ),
    'a slash for an underscore': join(HEAD, BODY, `${SIGNATURE.slice(0, 20)}/${SIGNATURE.slice(21)}`),
    'percent encoding': TOKEN.replaceAll('.', '%2E'),
    'a length that base64url never has': join(HEAD, `${BODY_WITH_BITS}AAA`.slice(0, (BODY.length & ~3) + 1), SIGNATURE),
    'a detached payload': join(HEAD, '', signed(HEAD, BODY, rsa).split('.')[2] ?? ''),
  }),
  ...each(
    { ...malformed, gap: 'base64 padding' },
    {
      'padding after the signature': `${TOKEN}==`,
      'padding after the payload, signed': signed(HEAD, padded(BODY_WITH_BITS), rsa),
      'padding after the header, signed': signed(padded(HEAD_WITH_BITS), BODY, rsa),
    },
  ),
  ...each(
    { ...malformed, gap: 'white space and line breaks inside and around the segments' },
    {
      'a space after it': `${TOKEN} `,
      'a space before it, signed': signed(` ${HEAD}`, BODY, rsa),
      'a line break after it': `${TOKEN}\n`,
      'a line break in the signature': join(HEAD, BODY, `${SIGNATURE.slice(0, 76)}\r\n${SIGNATURE.slice(76)}`),
      'a space in the payload, signed': signed(HEAD, spaced(BODY), rsa),
      'a space in the header, signed': signed(spaced(HEAD), BODY, rsa),
    },
  ),
  ...each(
    { ...malformed, gap: 'unused bits that are not zero: the same bytes under another spelling' },
    {
      'another spelling of the signature': join(HEAD, BODY, respelled(SIGNATURE)),
      'another spelling of the payload, signed': signed(HEAD, respelled(BODY_WITH_BITS), rsa),
      'another spelling of the header, signed': signed(respelled(HEAD_WITH_BITS), BODY, rsa),
    },
  ),
  ...each(
    { ...malformed, gap: 'a token that is handed over as bytes' },
    { 'bytes in place of the string': new TextEncoder().encode(TOKEN) },
  ),
  ...each(
    { code: 'token_too_large' },
    {
      'a million dots': '.'.repeat(1_000_000),
      'ten megabytes of one segment': `${HEAD}.${'A'.repeat(10_000_000)}.${SIGNATURE}`,
    },
  ),
  ...each(
    { code: 'token_too_large', gap: 'a token of any size' },
    { 'a true token of 17,000 characters': forge(HEADER, { ...CLAIMS, filler: 'x'.repeat(12_000) }) },
  ),
];
