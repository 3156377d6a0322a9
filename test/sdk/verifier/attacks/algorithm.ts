/**
 * The algorithm is the verifier's choice and the key's, never the token's. RFC 8725 §3.1, RFC 8725bis §2.11, §3.1.
 * none: CVE-2015-2951, CVE-2018-1000531, CVE-2020-15957, CVE-2021-22160, CVE-2022-23540, CVE-2024-48916.
 * RS→HS: CVE-2015-9235, CVE-2016-5431, CVE-2016-10555, CVE-2017-11424, CVE-2022-23541, CVE-2022-29217, CVE-2023-48223, CVE-2024-33663,
 * CVE-2024-37568, CVE-2024-54150, CVE-2026-22817, CVE-2026-22818, CVE-2026-34950 (white space before the PEM).
 */
import {
  base64url,
  by,
  bytes,
  CLAIMS,
  EC,
  ED,
  forge,
  HEADER,
  hmac,
  JWKS,
  MALLORY_EC,
  RSA,
  signer,
  withHeader,
} from '../forge.ts';
import { type Attack, each } from './attack.ts';

const NONE = ['none', 'None', 'NONE', 'nOnE', 'NonE', ' none', 'none ', 'none\0', '', 'null', 'ｎｏｎｅ', 'unsecured'];
const PEM = String(RSA.publicKey.export({ format: 'pem', type: 'spki' }));
const SECRETS: Readonly<Record<string, string | Uint8Array>> = {
  'the PEM': PEM,
  'the PEM without its last line break': PEM.trimEnd(),
  'the PEM after white space': `\n  ${PEM}`,
  'the PEM with CRLF': PEM.replaceAll('\n', '\r\n'),
  'the PKCS#1 PEM': String(RSA.publicKey.export({ format: 'pem', type: 'pkcs1' })),
  'the DER': RSA.publicKey.export({ format: 'der', type: 'spki' }),
  'the JWK as published': JSON.stringify(RSA.jwk),
  'the JWKS as published': JSON.stringify(JWKS),
  'the modulus': Buffer.from(String(RSA.jwk.n), 'base64url'),
  'its kid': RSA.kid,
  nothing: '',
};

const notAllowed = { code: 'algorithm_not_allowed', claim: 'alg' } as const;
const noString = { code: 'header_malformed', claim: 'alg' } as const;

export const ALGORITHM: readonly Attack[] = [
  ...NONE.flatMap((alg) =>
    each(notAllowed, {
      [`alg ${JSON.stringify(alg)} and a byte of signature`]: withHeader({ alg }, bytes(1)),
      [`alg ${JSON.stringify(alg)} and the signature that was there`]: withHeader({ alg }),
    }),
  ),
  ...each(
    { code: 'token_malformed' },
    Object.fromEntries(
      NONE.map((alg) => [`alg ${JSON.stringify(alg)} and no signature`, `${base64url({ alg })}.${base64url(CLAIMS)}.`]),
    ),
  ),
  ...each({ ...noString, reason: 'missing' }, { 'no alg': withHeader({ alg: undefined }) }),
  ...each(noString, {
    'alg null': withHeader({ alg: null }),
    'alg an array': withHeader({ alg: ['RS256'] }),
    'alg an object': withHeader({ alg: { toString: 'RS256' } }),
    'alg true': withHeader({ alg: true }),
    'alg 0': withHeader({ alg: 0 }),
  }),
  ...each(notAllowed, {
    'alg in lower case': withHeader({ alg: 'rs256' }),
    'alg with a space': withHeader({ alg: 'RS256 ' }),
    'alg with a NUL': withHeader({ alg: 'RS256\0' }),
    'alg of the prototype': withHeader({ alg: '__proto__' }),
    'alg constructor': withHeader({ alg: 'constructor' }),
    'alg RS512 with the true key': withHeader({ alg: 'RS512' }, signer('RS512', RSA.privateKey)),
    'alg PS256 with the true key': withHeader({ alg: 'PS256' }, signer('PS256', RSA.privateKey)),
    'alg Ed25519 for EdDSA': withHeader({ alg: 'Ed25519', kid: ED.kid }, by(ED)),
    'alg RSA1_5': withHeader({ alg: 'RSA1_5' }),
    'alg dir': withHeader({ alg: 'dir' }),
  }),
  ...Object.entries(SECRETS).flatMap(([what, secret]) =>
    each(
      notAllowed,
      Object.fromEntries(
        ['HS256', 'HS384', 'HS512'].map((alg) => [`${alg} by ${what}`, withHeader({ alg }, hmac(alg, secret))]),
      ),
    ),
  ),
  // Both algorithms are pinned: only the key's own decides.
  ...each(
    { code: 'algorithm_mismatch', claim: 'alg' },
    {
      'ES256 under the kid of the RSA key': forge({ ...HEADER, alg: 'ES256' }, CLAIMS, by(MALLORY_EC)),
      'ES256 by the EC key under the kid of the RSA key': forge({ ...HEADER, alg: 'ES256' }, CLAIMS, by(EC)),
      'RS256 under the kid of the EC key': withHeader({ kid: EC.kid }),
      'EdDSA under the kid of the EC key': withHeader({ alg: 'EdDSA', kid: EC.kid }, by(ED)),
    },
  ),
];
