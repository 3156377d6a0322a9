import type { VerificationCode, VerificationReason } from '../../../../lib/sdk/verifier/errors.ts';

export interface Attack {
  readonly name: string;
  /** What is handed to `verify`. */
  readonly token: unknown;
  readonly code: VerificationCode;
  /** The claim or header parameter that the error names. */
  readonly claim?: string;
  /** By the code, where it is not given. */
  readonly reason?: VerificationReason;
  /**
   * The gap of jose alone that lets it through, in the words of docs/verifiers/keyturn.md; absent where jose refuses it
   * too. jose is called with issuer, audience and algorithms.
   */
  readonly gap?: string;
}

/** Attacks of one kind, all to be refused with one code. */
export const each = (kind: Omit<Attack, 'name' | 'token'>, tokens: Readonly<Record<string, unknown>>): Attack[] =>
  Object.entries(tokens).map(([name, token]) => ({ ...kind, name, token }));

export const reasonOf = ({ code, reason }: Attack): VerificationReason =>
  reason ?? (/_malformed$|_invalid$/.test(code) && code !== 'signature_invalid' ? 'malformed' : 'rejected');
