/** I6: what may be said of a burn, and of what it answered. */
import type { Policy } from '../../core/config.ts';
import { blindSeconds, fetchesOnce, VERIFIERS, type Verifier } from '../../core/verifiers.ts';
import { announcedUntil, lastCopyWithout } from '../announced.ts';
import type { Burn, Checker, Evidence } from '../evidence.ts';

type Finding = { checked: number; violations: string[] };

/** A burned kid leaves with the burn or the next clean tick, stays out, and is accepted no longer than was said. */
export const theBurnedStayOut: Checker = (evidence) => {
  const found: Finding = { checked: 0, violations: [] };
  lookAtKeys(evidence, found);
  for (const burn of evidence.burns) lookAtAnswer(evidence, burn, found);
  lookAtSuccessors(evidence, found);
  return found;
};

function lookAtKeys(evidence: Evidence, found: Finding): void {
  for (const { kid, burnedAt, published } of evidence.keys.values()) {
    if (!Number.isFinite(burnedAt)) continue;
    found.checked += 1;
    const last = published.at(-1);
    if (last && last.since > burnedAt && !leftByHand(evidence, last.since))
      found.violations.push(`I6: burned ${kid} came back in version ${versionAt(evidence, last.since)}`);
    const removedBy = cleanTickAfter(evidence, burnedAt);
    if (last && removedBy !== undefined && last.until > removedBy)
      found.violations.push(`I6: ${kid}, burned at ${burnedAt}, is still published after the tick of ${removedBy}`);
  }
}

/** Whatever the burn named: all that is burned by then is out where it says so. */
function lookAtAnswer(evidence: Evidence, burn: Burn, found: Finding): void {
  const { violations } = found;
  const { documents, keys, to } = evidence;
  const { at, began, kids, offset, removed, exposure } = burn;
  const burned = [...keys.values()].filter(({ kid, burnedAt }) => burnedAt <= at || kids.includes(kid));
  const left = removed ? Math.max(0, ...burned.map(({ published }) => published.at(-1)?.until ?? 0)) : to;
  if (removed && left > at && !documents.some(({ byHand, until }) => byHand && until > at))
    violations.push(`I6: the burn of ${at} said removed, and the keys left at ${left}`);
  const policy = evidence.policyAt(at);
  const held = documents.filter((document) => burned.some(({ kid }) => document.kids.has(kid)));
  const lastCopy = held.reduce((last, { until, age }) => Math.max(last, until + age), 0);
  for (const verifier of removed ? declared(evidence.policyAt(began)) : []) {
    const { acceptsBurnedUntil } = exposure.find(({ verifier: name }) => name === verifier.name) ?? {};
    found.checked += 1;
    if (acceptsBurnedUntil === undefined)
      violations.push(`I6: the burn of ${at} does not say until when ${verifier.name} may accept what was burned`);
    // A burn works with any clock; what it says of times is as right as its clock is.
    if (typeof acceptsBurnedUntil !== 'number' || Math.abs(offset) > policy.clockSkew) continue;
    const worst = lastCopy + verifier.keyCache;
    if (acceptsBurnedUntil < worst)
      violations.push(
        `I6: ${verifier.name} may accept a burned key until ${worst}, the burn said ${acceptsBurnedUntil}`,
      );
  }
}

/** Who may refuse a key that signs without its lead has been told to whoever burned. */
function lookAtSuccessors(evidence: Evidence, found: Finding): void {
  for (const { kid, reigns } of evidence.keys.values()) {
    for (const reign of reigns) {
      if (reign.waived !== 'burn' || reign.revenant) continue;
      const stale = lastCopyWithout(evidence, kid, reign);
      for (const verifier of declared(reign.policy)) {
        const until = stale + blindSeconds(verifier);
        const said = announcedUntil(evidence, verifier.name, reign);
        if (said === undefined || until <= reign.since || !Number.isFinite(until)) continue;
        found.checked += 1;
        if (said < until)
          found.violations.push(
            `I6: ${verifier.name} may refuse ${kid}, which signs from ${reign.since} on, until ${until}, and no burn said so`,
          );
      }
    }
  }
}

const declared = ({ verifiers }: Policy): readonly Verifier[] =>
  verifiers ?? Object.values(VERIFIERS).filter((verifier) => !fetchesOnce(verifier));

/** The document that did not hold it was none of ours. */
const leftByHand = ({ documents }: Evidence, back: number): boolean =>
  documents.some(({ until, byHand }) => until === back && byHand === true);

const versionAt = ({ documents }: Evidence, at: number) => documents.find(({ since }) => since === at)?.version;

/** When the first tick had ended that began after the instant and was not hindered. */
const cleanTickAfter = ({ ticks }: Evidence, instant: number): number | undefined =>
  ticks.find(({ began, failed, holds }) => began > instant && failed === undefined && holds.length === 0)?.at;
