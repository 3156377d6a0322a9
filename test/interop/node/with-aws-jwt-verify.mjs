import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';

export function verifier({ issuer, audience, jwksUrl }) {
  // Its own fetcher takes https only; with https the second argument is not needed.
  const fetcher = { fetch: async (uri) => (await fetch(uri)).arrayBuffer() };
  const tokens = JwtVerifier.create(
    { issuer, audience, jwksUri: jwksUrl },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  );
  return (token) => tokens.verify(token);
}
