/** The candidates of the part `verify`. Each checks signature, issuer, audience and times; what else one checks is in docs/verifiers. */
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { JwtVerifier } from 'aws-jwt-verify';
import { createVerifier as createFastVerifier } from 'fast-jwt';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { createVerifier } from '../lib/sdk/verifier/index.ts';

export const ISSUER = 'https://auth.example.com';
export const AUDIENCE = 'orders-api';
export type Verified = 'RS256' | 'ES256' | 'EdDSA';

/** What there is to verify. The token's key is the last of the JWKS. */
export interface Given {
  readonly algorithm: Verified;
  readonly token: string;
  readonly jwks: { readonly keys: readonly JsonWebKey[] };
}

type Verify = () => unknown;

const jose = ({ algorithm, token, jwks }: Given): Verify => {
  const keys = createLocalJWKSet(jwks as JSONWebKeySet);
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [algorithm], typ: 'JWT', maxTokenAge: 3600 };
  return () => jwtVerify(token, keys, { ...options, requiredClaims: ['sub', 'exp'] });
};

const keyOf = ({ jwks }: Given) => createPublicKey({ key: jwks.keys.at(-1) as JsonWebKey, format: 'jwk' });

export const VERIFICATIONS = {
  'keyturn/verifier': ({ algorithm, token, jwks }: Given): Verify => {
    const fetch = async () => Response.json(jwks);
    const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE, algorithms: [algorithm], fetch });
    return () => verifier.verify(token);
  },
  jose,
  'jose again': jose,
  'aws-jwt-verify': ({ token, jwks }: Given): Verify => {
    const verifier = JwtVerifier.create({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}/jwks` });
    verifier.cacheJwks(jwks as unknown as Parameters<typeof verifier.cacheJwks>[0]);
    return () => verifier.verify(token);
  },
  /** It takes no KeyObject. */
  'fast-jwt, one PEM, no cache': (given: Given): Verify => {
    const key = keyOf(given).export({ type: 'spki', format: 'pem' }).toString();
    const options = { key, algorithms: [given.algorithm], allowedIss: ISSUER, allowedAud: AUDIENCE };
    const verify = createFastVerifier({ ...options, cache: false, maxAge: 3_600_000 });
    return () => verify(given.token);
  },
  /** It knows no EdDSA. */
  'jsonwebtoken, one KeyObject': (given: Given): Verify => {
    const key = keyOf(given);
    const algorithms = [given.algorithm as 'RS256' | 'ES256'];
    return () =>
      jsonwebtoken.verify(given.token, key, { issuer: ISSUER, audience: AUDIENCE, algorithms, maxAge: 3600 });
  },
} satisfies Record<string, (given: Given) => Verify>;
export type Candidate = keyof typeof VERIFICATIONS;
