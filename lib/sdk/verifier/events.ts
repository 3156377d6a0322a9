/** What a verifier tells whoever counts and logs. Nothing in it is a token, the value of a claim, or an unverified kid. */
import type { VerificationCode, VerificationReason } from './errors.ts';

export type VerifierEvent =
  | { readonly type: 'verified'; readonly issuer: string; readonly kid: string }
  | {
      readonly type: 'refused';
      /** Absent where `iss` is none of several issuers', or could not be read. */
      readonly issuer: string | undefined;
      readonly code: VerificationCode;
      readonly claim: string | undefined;
      readonly reason: VerificationReason;
    }
  /** `refused`: keys of the set that verify nothing. */
  | { readonly type: 'keys_fetched'; readonly issuer: string; readonly keys: number; readonly refused: number }
  /** `usable`: an older set still serves. */
  | { readonly type: 'keys_failed'; readonly issuer: string; readonly fault: string; readonly usable: boolean };

export type Listener = (event: VerifierEvent) => void;

/** Whoever counts does not decide: what it throws is dropped. */
export const listener =
  (onEvent: ((event: VerifierEvent) => unknown) | undefined): Listener =>
  (event) => {
    try {
      const told = onEvent?.(event);
      if (told instanceof Promise) told.catch(() => undefined);
    } catch {
      // As above.
    }
  };
