/** What can be said of each invariant from a log: what holds or not however the log is read, and what is left open. */
import type { Policy } from '../core/config.ts';
import { evidenceOfLog } from './evidence-of-log.ts';
import { type Verdict, verdicts } from './invariants.ts';

const OPEN = 'a version of the document has no line of its publication, or one only after an attempt that failed';

export function verdictsOfLog(lines: readonly string[], policy: Policy): Verdict[] {
  const kind = verdicts(evidenceOfLog(lines, policy, 'kindly'));
  return verdicts(evidenceOfLog(lines, policy, 'strictly')).map((strict, index) => {
    const { verdict, violations } = kind[index] ?? strict;
    if (strict.verdict !== 'violated') return strict;
    if (verdict === 'violated') return { ...strict, violations };
    return { ...strict, verdict: 'undecided', violations: [], undecided: [...strict.undecided, OPEN] };
  });
}
