/**
 * The promise as checkers: pure functions over evidence, a sentence for each violation, none when it holds. Times are true
 * ones where the evidence has them; what clocks may err by is in the policy.
 */
import type { Policy } from '../core/config.ts';
import { theBurnedStayOut } from './checkers/burns.ts';
import { kidsAreNeverReused, theDocumentIsSound } from './checkers/documents.ts';
import { kmsKeysEndLast } from './checkers/kms.ts';
import { everythingSettles, rotationIsAlive, skewedClocksRefuse } from './checkers/liveness.ts';
import {
  endsAndLifetimesHold,
  everyTokenFindsItsKey,
  noKeySignsBeforeItsLead,
  oneKeySigns,
} from './checkers/tokens.ts';
import { type Checker, type Evidence, INVARIANTS, type Invariant } from './evidence.ts';
import { evidenceOfTrace } from './evidence-of-trace.ts';
import type { TraceEvent } from './trace.ts';

export const CHECKERS: Readonly<Record<Invariant, Checker>> = {
  I1: everyTokenFindsItsKey,
  I2: noKeySignsBeforeItsLead,
  I3: oneKeySigns,
  I4: everythingSettles,
  I5: theDocumentIsSound,
  I6: theBurnedStayOut,
  I7: skewedClocksRefuse,
  I8: kmsKeysEndLast,
  I9: rotationIsAlive,
  I10: kidsAreNeverReused,
  I11: endsAndLifetimesHold,
};

export interface Verdict {
  readonly invariant: Invariant;
  readonly verdict: 'holds' | 'violated' | 'undecided';
  /** Tokens, documents, ticks: how many of what the invariant speaks of were looked at. */
  readonly checked: number;
  readonly violations: readonly string[];
  /** Why it is not decided, or not on all of it. */
  readonly undecided: readonly string[];
}

/** What can be said of each invariant. What was not seen is undecided, never a pass. */
export function verdicts(evidence: Evidence): Verdict[] {
  return INVARIANTS.map((invariant) => {
    const { checked, violations, undecided = [] } = CHECKERS[invariant](evidence);
    const open = [...undecided, ...(evidence.lacks.get(invariant) ?? [])];
    if (checked === 0 && open.length === 0) open.push('there was nothing to look at');
    const verdict = violations.length > 0 ? 'violated' : open.length > 0 ? 'undecided' : 'holds';
    return { invariant, verdict, checked, violations, undecided: open };
  });
}

/** Which invariants does a trace of the simulator break? */
export function violatedBy(trace: readonly TraceEvent[], policy: Policy): string[] {
  return verdicts(evidenceOfTrace(trace, policy)).flatMap(({ violations }) => violations);
}
