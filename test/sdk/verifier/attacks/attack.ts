import type { VerificationCode } from '../../../../lib/sdk/verifier/errors.ts';

export interface Attack {
  readonly name: string;
  /** What is handed to `verify`. */
  readonly token: unknown;
  readonly code: VerificationCode;
  /** The claim or header parameter that the error names. */
  readonly claim?: string;
  /**
   * The gap of jose alone that lets it through, in the words of docs/verifiers/keyturn.md; absent where jose refuses it
   * too. jose is called with issuer, audience and algorithms.
   */
  readonly gap?: string;
}

/** Attacks of one kind, all to be refused with one code. */
export const each = (
  { code, claim, gap }: Omit<Attack, 'name' | 'token'>,
  tokens: Readonly<Record<string, unknown>>,
): Attack[] =>
  Object.entries(tokens).map(([name, token]) => ({
    name,
    token,
    code,
    ...(claim !== undefined && { claim }),
    ...(gap !== undefined && { gap }),
  }));
