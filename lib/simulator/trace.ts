/**
 * What happened, in the order in which it took effect: the one thing that invariants are decided on. Times are true ones;
 * what clocks showed is beside them where it matters.
 */
import type { Policy } from '../core/config.ts';
import type { Exposure } from '../core/exposure.ts';
import type { Keyring } from '../core/keyring.ts';

export type TraceEvent = { readonly at: number } /** `age`: for how long caches may serve it, by its directives. */ & (
  | { readonly kind: 'document'; readonly body: string; readonly age: number; readonly byHand?: true }
  | { readonly kind: 'save'; readonly keyring: Keyring }
  /** The table is as it was at an earlier time. */
  | { readonly kind: 'restore'; readonly keyring: Keyring }
  /** From here on another policy is in force. */
  | { readonly kind: 'policy'; readonly policy: Policy }
  | { readonly kind: 'created'; readonly keyArn: string }
  | { readonly kind: 'ending'; readonly call: 'disable' | 'destroy'; readonly keyArn: string }
  /** Somebody who is not the rotator disabled a KMS key, or enabled it again. */
  | { readonly kind: 'meddled'; readonly keyArn: string; readonly enabled: boolean }
  | {
      readonly kind: 'token';
      readonly kid: string;
      readonly signer: string;
      /** By the signer's own clock. */
      readonly issuedAt: number;
      readonly expiresAt: number;
    }
  /** A caller was turned away. */
  | { readonly kind: 'refused'; readonly code: string }
  | ({ readonly kind: 'tick' } & TickOutcome)
  | {
      readonly kind: 'burn';
      readonly kids: readonly string[];
      readonly began: number;
      /** How far the operator's clock was off, by which the bounds are told. */
      readonly offset: number;
      /** Whether the burn said that the documents are without the keys. */
      readonly removed: boolean;
      readonly exposure: readonly Exposure[];
      /** Whether it said that nothing is left to do. */
      readonly final: boolean;
    }
  /** A burn got no answer, or the answer that it was not saved: it has disabled what it could. */
  | { readonly kind: 'burn-failed'; readonly began: number }
  /** The sign function has signed a canary, and whether what the rotator got of it was spoiled on the way. */
  | { readonly kind: 'canary'; readonly kid: string; readonly spoiled: boolean }
  /** The edge cannot reach the bucket, or can again. */
  | { readonly kind: 'origin'; readonly up: boolean }
  /** Faults have stopped for good: six clean ticks later all is as it should be. */
  | { readonly kind: 'calm' }
);

/** One tick, stamped when it ended. */
export interface TickOutcome {
  readonly began: number;
  /** How far the rotator's clock was off the table's when it began. */
  readonly offset: number;
  /** Why it ended before its time; a crash leaves no code. */
  readonly failed?: string;
  readonly holds: readonly string[];
}

export type Record = (event: TraceEvent) => void;
