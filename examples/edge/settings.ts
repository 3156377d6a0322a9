/** Lambda@Edge has no environment variables: esbuild puts this into both bundles, and the app reads it too. */
import type { VerifierOptions } from 'keyturn/verifier';

export const settings = {
  issuer: 'https://auth.example.com',
  audience: 'orders-api',
  algorithms: ['RS256'],
} as const satisfies VerifierOptions;
