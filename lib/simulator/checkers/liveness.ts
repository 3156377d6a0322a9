/** I4, I7 and I9: that the work gets done, by whom it may be, or somebody is told. */
import { isOpen } from '../../core/activation-window.ts';
import type { Policy } from '../../core/config.ts';
import { type Checker, CLEAN_TICKS, type Evidence } from '../evidence.ts';

/** I4: six clean ticks after the last fault everything is as it should be. */
export const everythingSettles: Checker = ({ settled }) => {
  if (!settled) return { checked: 0, violations: [], undecided: ['nothing tells what bucket and KMS hold'] };
  if (settled.cleanTicks < CLEAN_TICKS)
    return {
      checked: 0,
      violations: [],
      undecided: [`only ${settled.cleanTicks} clean ticks came after the last fault`],
    };
  return { checked: 1, violations: settled.problems.map((problem) => `I4: ${problem}`) };
};

/** I7: whose clock is off by more than the skew decides nothing. (Within it, the other checkers judge.) */
export const skewedClocksRefuse: Checker = (evidence) => ({
  checked: evidence.ticks.length,
  violations: evidence.ticks
    // The store tells its time in whole seconds, and a read that takes long leaves open when it was told.
    .filter(({ at, began, offset, failed }) => {
      return failed === undefined && Math.abs(offset) > evidence.policyAt(at).clockSkew + 1 + (at - began);
    })
    .map(({ at, offset }) => `I7: the tick of ${at} decided with a clock that was off by ${offset} s`),
});

/** I9: a standby in time, and no key signs for longer than it should, or an alarm says so. */
export const rotationIsAlive: Checker = (evidence) => {
  if (evidence.ticks.length === 0) return { checked: 0, violations: [] };
  const reigns = [...evidence.keys.values()].flatMap(({ kid, reigns }) => reigns.map((reign) => ({ ...reign, kid })));
  const violations: string[] = [];
  for (const { at, began, failed, holds } of evidence.ticks) {
    if (failed !== undefined || holds.length > 0) continue;
    const policy = evidence.policyAt(began);
    if (!isOpenByAnyClock(policy, began)) continue;
    const active = reigns.find(({ since, until }) => since <= at && until > at);
    const age = active ? began - active.since : 0;
    // Two clocks, each off by the skew and by the second to which the store's time is cut.
    if (active && age > policy.rotationPeriod + 2 * (policy.clockSkew + 1) + (at - began))
      violations.push(`I9: ${active.kid} had signed for ${age} s at ${began}, and the tick held nothing`);
  }
  for (const { since, until, kid } of reigns) {
    const due = since + evidence.policyAt(since).publicationLead + 2 * longestGap(evidence, since);
    // Somebody else took over before, or the story ends before.
    if (until <= due || evidence.to <= due) continue;
    const standby = evidence.standbys.some((one) => one.kid !== kid && one.since <= due && one.until > since);
    if (standby || alarmed(evidence, since, due)) continue;
    violations.push(`I9: ${kid} became active at ${since}, and by ${due} there was no standby`);
  }
  return { checked: evidence.ticks.length + reigns.length, violations };
};

/** Whatever the skew of who looks at it. */
const isOpenByAnyClock = ({ activationWindow, clockSkew }: Policy, at: number): boolean =>
  !activationWindow || [-1, 0, 1].every((sign) => isOpen(activationWindow, at + sign * (clockSkew + 1)));

/** A hold, a failed tick, or the silence of the ticks: each has its alarm. */
const alarmed = ({ ticks }: Evidence, from: number, to: number): boolean =>
  ticks.some(({ at, failed, holds }) => at >= from && at <= to && (failed !== undefined || holds.length > 0));

/** Between the ticks in which the standby has to be made; silence has an alarm of its own. */
function longestGap(evidence: Evidence, from: number): number {
  const { publicationLead, tick } = evidence.policyAt(from);
  const horizon = from + publicationLead + 2 * tick;
  let [longest, before] = [tick, from];
  for (const { at } of evidence.ticks) {
    if (at < from) continue;
    longest = Math.max(longest, at - before);
    before = at;
    if (at > horizon) break;
  }
  return longest;
}
