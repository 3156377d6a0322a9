/**
 * Claims of the wrong type, for somebody else, or for another time. RFC 7519 §4.1; RFC 8725 §3.8, §3.9. CVE-2020-26160
 * (aud), CVE-2024-53861 (part of iss), CVE-2025-30144 (iss an array), CVE-2022-23529, CVE-2022-23539, CVE-2026-25537
 * (types), CVE-2024-51744 (an expired token with a bad signature), CVE-2025-27370 (the issuer itself as the audience).
 */
import { AUDIENCE, by, CLAIMS, forge, HEADER, ISSUER, MALLORY_RSA, NOW, withClaims } from '../forge.ts';
import { type Attack, each } from './attack.ts';

const LIFETIME = 3600;
const TOLERANCE = 60;
const FAR = NOW + 10 * 365 * 86_400;

const wrongType = (claim: string, values: Readonly<Record<string, unknown>>, gap?: string): Attack[] =>
  Object.entries(values).map(([name, value]) => ({
    name: `${claim} ${name}`,
    token: withClaims({ [claim]: value }),
    code: 'claim_invalid',
    claim,
    reason: value === undefined ? 'missing' : 'malformed',
    ...(gap !== undefined && { gap }),
  }));
const loose = 'claims of the wrong type: `sub`, `jti`, `client_id`, `scope`, members of `aud`, a negative time';
const NOT_A_TIME = { 'a string': String(NOW + 900), null: null, 'an array': [NOW + 900], 'an object': {}, true: true };

export const CLAIM_ATTACKS: readonly Attack[] = [
  // iss
  ...wrongType('iss', { missing: undefined, null: null, 'a number': 0, empty: '' }),
  ...wrongType('iss', { 'an array': [ISSUER], 'an array of two': ['https://evil.example', ISSUER], 'an object': {} }),
  ...each(
    { code: 'issuer_mismatch', claim: 'iss' },
    Object.fromEntries(
      [
        'https://evil.example',
        `${ISSUER}/`,
        `${ISSUER}.evil.example`,
        `${ISSUER}:443`,
        `${ISSUER}#`,
        ` ${ISSUER}`,
        ISSUER.slice(0, -1),
        ISSUER.replace('https', 'http'),
        ISSUER.replace('auth', 'AUTH'),
        'auth.example.com',
        `https://evil.example/${ISSUER}`,
        `${ISSUER},https://evil.example`,
      ].map((iss) => [`iss ${JSON.stringify(iss)}`, withClaims({ iss })]),
    ),
  ),

  // aud
  ...wrongType('aud', { missing: undefined, null: null, 'a number': 1, true: true, 'an object': { [AUDIENCE]: true } }),
  ...wrongType('aud', { 'an empty array': [], 'an array in an array': [[AUDIENCE]], empty: '' }),
  ...wrongType('aud', { 'an array with a number': [AUDIENCE, 1], 'an array with null': [null, AUDIENCE] }, loose),
  ...wrongType('aud', { 'an array with an empty string': ['', AUDIENCE] }, loose),
  ...each(
    { code: 'audience_mismatch', claim: 'aud' },
    Object.fromEntries(
      [
        'billing-api',
        ISSUER,
        [ISSUER, `${ISSUER}/token`],
        ['billing-api', 'invoices'],
        AUDIENCE.slice(0, -1),
        `${AUDIENCE},billing-api`,
        `${AUDIENCE} billing-api`,
        `${AUDIENCE} `,
        AUDIENCE.toUpperCase(),
        '*',
      ].map((aud) => [`aud ${JSON.stringify(aud)}`, withClaims({ aud })]),
    ),
  ),

  // times
  ...wrongType('exp', NOT_A_TIME),
  ...wrongType('exp', { missing: undefined }, 'a token without `exp`: it never ends'),
  ...wrongType('iat', NOT_A_TIME),
  ...wrongType('iat', { missing: undefined }, 'a token without `iat`, or from the future'),
  ...wrongType('nbf', NOT_A_TIME),
  ...wrongType('iat', { negative: -1 }, loose),
  ...wrongType('nbf', { negative: -1 }, loose),
  ...wrongType('exp', { negative: -1 }),
  ...each(
    { code: 'token_expired', claim: 'exp' },
    {
      'exp 0': withClaims({ exp: 0, iat: 0 }),
      'exp past by the tolerance': withClaims({ exp: NOW - TOLERANCE }),
      'exp past by a day': withClaims({ iat: NOW - 90_000, exp: NOW - 86_400 }),
      'exp past, and a signature by somebody else': forge(HEADER, { ...CLAIMS, exp: NOW - 900 }, by(MALLORY_RSA)),
    },
  ),
  ...each(
    { code: 'token_not_yet_valid', claim: 'nbf' },
    {
      'nbf ahead by more than the tolerance': withClaims({ nbf: NOW + TOLERANCE + 1 }),
      'nbf far': withClaims({ nbf: FAR }),
    },
  ),
  ...each(
    { code: 'token_not_yet_valid', claim: 'iat', gap: 'a token without `iat`, or from the future' },
    {
      'iat ahead by more than the tolerance': withClaims({ iat: NOW + TOLERANCE + 1 }),
      'iat far': withClaims({ iat: FAR, exp: FAR + 900 }),
      'iat in milliseconds': withClaims({ iat: NOW * 1000, exp: NOW * 1000 + 900 }),
    },
  ),
  ...each(
    { code: 'lifetime_too_long', claim: 'exp', gap: 'a token that lives for years' },
    {
      'a lifetime of a second too much': withClaims({ exp: NOW + LIFETIME + 1 }),
      'exp far': withClaims({ exp: FAR }),
      'exp in milliseconds': withClaims({ exp: NOW * 1000 }),
      'an old iat': withClaims({ iat: NOW - LIFETIME, exp: NOW + 1 }),
    },
  ),

  // the rest
  ...wrongType(
    'sub',
    { missing: undefined, null: null, empty: '', 'a number': 1, 'an array': ['admin'], 'an object': {} },
    loose,
  ),
  ...wrongType('jti', { null: null, 'a number': 1, empty: '', 'an object': {} }, loose),
  ...wrongType('client_id', { null: null, 'a number': 1, 'an array': ['a'] }, loose),
  ...wrongType(
    'scope',
    { null: null, 'an array': ['orders:read'], 'an object': { 'orders:read': true }, 'a number': 1 },
    loose,
  ),
];
