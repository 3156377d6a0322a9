import { createPublicKey } from 'node:crypto';
import { createVerifier } from 'fast-jwt';
import buildGetJwks from 'get-jwks';

export function verifier({ issuer, audience, jwksUrl, algorithm }) {
  // One for the whole process: it holds the keys.
  const keys = buildGetJwks();
  const domain = new URL('/', jwksUrl).href;
  return createVerifier({
    // Its getPublicKey knows RSA and the NIST curves only.
    key: async ({ header: { kid, alg } }) => {
      const jwk = await keys.getJwk({ kid, alg, domain });
      return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    },
    algorithms: [algorithm],
    allowedIss: issuer,
    allowedAud: audience,
    requiredClaims: ['exp', 'iss', 'aud'],
  });
}
