/** What happened, in the order in which it took effect: the one thing that invariants are decided on. */
import type { Keyring } from '../core/keyring.ts';

export type TraceEvent = { readonly at: number } & (
  | { readonly kind: 'document'; readonly body: string }
  | { readonly kind: 'save'; readonly keyring: Keyring }
  | { readonly kind: 'ending'; readonly call: 'disable' | 'destroy'; readonly keyArn: string }
  | {
      readonly kind: 'token';
      readonly kid: string;
      readonly signer: string;
      /** By the signer's own clock. */
      readonly issuedAt: number;
      readonly expiresAt: number;
    }
);

export type Record = (event: TraceEvent) => void;
