/** An origin: it believes the token that came with the request, and nobody's word for it. */
import type { LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda';
import { createVerifier, VerificationError, type Verifier } from 'keyturn/verifier';
import { settings } from './settings.ts';

export function greet(verifier: Verifier) {
  return async ({ headers }: Pick<LambdaFunctionURLEvent, 'headers'>): Promise<LambdaFunctionURLResult> => {
    try {
      const { sub } = await verifier.verify(headers['identity-token'] ?? '');
      return { statusCode: 200, body: `hello ${sub}` };
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      return { statusCode: error.status, body: error.code };
    }
  };
}

// Within the five seconds that it has itself.
export const handler = greet(createVerifier({ ...settings, keysTimeout: 2 }));
