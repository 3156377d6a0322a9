/** Runs in the runtime that is tried: what the verifier says of each token. */
import type { Algorithm } from '../../lib/core/algorithms.ts';
import { createVerifier, VerificationError } from '../../lib/sdk/verifier/index.ts';

export interface Case {
  readonly name: string;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly Algorithm[];
  readonly now: number;
  readonly keys: readonly object[];
  readonly token: unknown;
}

export async function outcomes(cases: readonly Case[]): Promise<Record<string, string>> {
  const outcome = async ({ name, keys, token, now, ...options }: Case) => {
    const fetch = async () => Response.json({ keys });
    const verifier = createVerifier({ ...options, now: () => now * 1000, fetch });
    return [name, await verifier.verify(token as string).then(() => 'accepted', codeOf)] as const;
  };
  return Object.fromEntries(await Promise.all(cases.map(outcome)));
}

const codeOf = (error: unknown): string => (error instanceof VerificationError ? error.code : String(error));
