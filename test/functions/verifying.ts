/** What others make of an issuer's tokens: libraries that nobody here wrote, over the documents as they are served. */
import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { createRemoteJWKSet, type JWTVerifyResult, jwtVerify } from 'jose';
import type { Issuer } from './issuer.ts';

export interface ServedKey {
  readonly kid: string;
  readonly alg: string;
  readonly kty: string;
}

const AUDIENCE = 'orders-api';

const fetchJson = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T;
const jwksUrl = ({ policy }: Issuer) => `${policy.issuer}/.well-known/jwks.json`;

export const servedKeys = async (issuer: Issuer): Promise<ServedKey[]> =>
  (await fetchJson<{ keys: ServedKey[] }>(jwksUrl(issuer))).keys;

export const servedAlgorithms = async ({ policy }: Issuer): Promise<string[]> => {
  const url = `${policy.issuer}/.well-known/openid-configuration`;
  return (await fetchJson<Record<string, string[]>>(url)).id_token_signing_alg_values_supported ?? [];
};

/**
 * With a set of its own, fetched for this token.
 * @param currentDate when it was live, where the machine may take longer than it lives
 */
export const verifyWithJose = (
  issuer: Issuer,
  token: string,
  algorithm: string,
  currentDate = new Date(),
): Promise<JWTVerifyResult> =>
  jwtVerify(token, createRemoteJWKSet(new URL(jwksUrl(issuer))), {
    issuer: issuer.policy.issuer,
    audience: AUDIENCE,
    algorithms: [algorithm],
    currentDate,
  });

export function verifyWithAws(issuer: Issuer, token: string): Promise<unknown> {
  // Its own fetcher takes https only.
  const fetcher = { fetch: async (uri: string) => (await fetch(uri)).arrayBuffer() };
  const verifier = JwtVerifier.create(
    { issuer: issuer.policy.issuer, audience: AUDIENCE, jwksUri: jwksUrl(issuer) },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  );
  return verifier.verify(token);
}
