import { createRemoteJWKSet, jwtVerify } from 'jose';

export function verifier({ issuer, audience, jwksUrl, algorithm }) {
  // One for the whole process: it holds the keys.
  const keys = createRemoteJWKSet(new URL(jwksUrl));
  return (token) => jwtVerify(token, keys, { issuer, audience, algorithms: [algorithm], requiredClaims: ['exp'] });
}
