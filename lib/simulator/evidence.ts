/**
 * What is known of an issuer's past, however it became known: from a trace of the simulator, which knows everything, or
 * from the log of a real deployment, which does not. The checkers read nothing else.
 */
import type { Policy } from '../core/config.ts';
import type { Exposure } from '../core/exposure.ts';
import type { ActiveKey, LeadWaiver } from '../core/keyring.ts';
import type { TickOutcome } from './trace.ts';

export interface Span {
  readonly since: number;
  readonly until: number;
}

/** A version of the JWKS, as long as it was the one in the bucket. */
export interface Published extends Span {
  readonly version: number;
  readonly kids: ReadonlySet<string>;
  /** How old a copy of it at an edge may be, by what it says to caches. */
  readonly age: number;
  /** Somebody else than the rotator put it there. */
  readonly byHand?: true;
  /** A private member that it holds. */
  readonly leaked?: string;
}

/** For as long as the table said that the key signs. */
export interface Reign extends Span {
  /** Without the lead, and rightly so: nobody could hold a document without it, or a key was burned. */
  readonly waived?: LeadWaiver;
  /** Its tokens do not outlive this instant, by what the key records. */
  readonly notAfter?: number;
  /** Why nothing can be said of how it began. */
  readonly unconfirmed?: string;
  /** It came of a restored table: it began anew though no document held the key, or it is all that `recover` could find. */
  readonly revenant: boolean;
  readonly policy: Policy;
}

export interface KeyLife {
  readonly kid: string;
  /** When the published document held it. */
  readonly published: readonly Span[];
  readonly reigns: readonly Reign[];
  /** How long its tokens may live, in the order in which it was recorded. */
  readonly promised: readonly (readonly [at: number, seconds: number])[];
  readonly burnedAt: number;
}

export interface Token {
  /** When its signer gave it away. */
  readonly at: number;
  readonly kid: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** A KMS key was disabled or its deletion scheduled, and what the keyring said of it then. */
export interface Ending {
  readonly at: number;
  readonly call: 'disable' | 'destroy';
  readonly name: string;
  readonly kid?: string;
  readonly state: ActiveKey['state'] | 'pending' | 'grace' | 'retired' | 'compromised' | 'unknown';
  /** Of one that no keyring held: for how long there had been the key, and whether a keyring holds it later. */
  readonly age?: number;
  readonly heldLater?: boolean;
}

export interface Burn {
  readonly at: number;
  readonly began: number;
  readonly kids: readonly string[];
  readonly offset: number;
  readonly removed: boolean;
  readonly exposure: readonly Exposure[];
  readonly final: boolean;
}

export interface Standby extends Span {
  readonly kid: string;
}

/** After so many without a fault all is well. */
export const CLEAN_TICKS = 6;

/** The world after the last fault. */
export interface Settled {
  readonly cleanTicks: number;
  readonly problems: readonly string[];
}

/** For as long as the keyring named a key of another issuer, the end that it had then. */
export interface Imported extends Span {
  readonly kid: string;
  readonly leavesAt: number;
}

export const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10', 'I11'] as const;
export type Invariant = (typeof INVARIANTS)[number];

export interface Evidence {
  readonly from: number;
  readonly to: number;
  readonly documents: readonly Published[];
  readonly keys: ReadonlyMap<string, KeyLife>;
  readonly tokens: readonly Token[];
  readonly endings: readonly Ending[];
  readonly burns: readonly Burn[];
  /** Those that had no answer, or the one that they were not saved. */
  readonly failedBurns: readonly { readonly at: number; readonly began: number }[];
  readonly ticks: readonly ({ readonly at: number } & TickOutcome)[];
  /** For as long as an observed key stood by. */
  readonly standbys: readonly Standby[];
  readonly imported: readonly Imported[];
  /** Instants at which the table went back in time: what was true before does not follow from what comes after. */
  readonly restores: readonly number[];
  /** What a saved keyring must not say, whatever else happened. */
  readonly broken: readonly { readonly invariant: Invariant; readonly what: string }[];
  readonly settled: Settled | undefined;
  /** Why an invariant cannot be decided on all of it. */
  readonly lacks: ReadonlyMap<Invariant, readonly string[]>;
  policyAt(at: number): Policy;
}

/** What a checker answers. Neither a violation nor undecided, and something was looked at: it holds. */
export interface Finding {
  readonly checked: number;
  readonly violations: readonly string[];
  readonly undecided?: readonly string[];
}
export type Checker = (evidence: Evidence) => Finding;

/** Whether one of the spans has all of it. */
export const covers = (spans: readonly Span[], since: number, until: number): boolean =>
  spans.some((span) => span.since <= since && span.until >= until);

/** The last one that had begun. */
export const inForce = <T extends { readonly since: number }>(spans: readonly T[], at: number): T | undefined => {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.since ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return spans[low - 1];
};

/** In whose name a token was signed: the last reign of its key that had begun. */
export const reignOf = (life: KeyLife | undefined, at: number): Reign | undefined =>
  life?.reigns.findLast(({ since }) => since <= at) ?? life?.reigns[0];

export type Writable<T> = { -readonly [Member in keyof T]: T[Member] };
/** A life while it is put together from what is read. */
export interface UnfinishedLife extends KeyLife {
  readonly published: Writable<Span>[];
  readonly reigns: Writable<Reign>[];
  readonly promised: (readonly [number, number])[];
  burnedAt: number;
}
