/** I5, I6 and I10: what may be said of every document, and of a burn. */
import { edgeAge } from '../../core/policy.ts';
import { VERIFIERS } from '../../core/verifiers.ts';
import { type Checker, type Evidence, inForce } from '../evidence.ts';

/**
 * I5: the published version never falls, the set is never empty and never private, and who was let in for a while is out by
 * the first tick after that. (That a kid with live tokens stays is I1.)
 */
export const theDocumentIsSound: Checker = (evidence) => {
  const { documents } = evidence;
  const violations: string[] = [];
  for (const [index, { version, kids, since, leaked }] of documents.entries()) {
    const before = documents[index - 1]?.version ?? 0;
    if (version < before) violations.push(`I5: version ${version} replaced version ${before} at ${since}`);
    if (kids.size === 0) violations.push(`I5: version ${version} is empty`);
    if (leaked) violations.push(`I5: version ${version} holds ${leaked}`);
  }
  return { checked: documents.length, violations: [...violations, ...outstaying(evidence)] };
};

/** Its end counts by the clock of the tick, which may be off by the skew. */
function outstaying(evidence: Evidence): string[] {
  const { ticks, documents, imported } = evidence;
  if (imported.length === 0) return [];
  return ticks.flatMap(({ at, began, failed, holds }) => {
    const document = inForce(documents, at);
    if (!document || document.byHand || failed !== undefined || holds.length > 0) return [];
    const over = (leavesAt: number) => began > leavesAt + evidence.policyAt(at).clockSkew;
    return imported
      .filter(
        ({ kid, since, until, leavesAt }) =>
          since <= began && until > began && over(leavesAt) && document.kids.has(kid),
      )
      .map(
        ({ kid, leavesAt }) =>
          `I5: imported ${kid} is published after the tick of ${at}, it was to leave at ${leavesAt}`,
      );
  });
}

/** I6: a burned kid leaves with the burn or the next clean tick, stays out, and is accepted no longer than was said. */
export const theBurnedStayOut: Checker = (evidence) => {
  const { documents, keys, burns, to } = evidence;
  const violations: string[] = [];
  let checked = 0;
  for (const { kid, burnedAt, published } of keys.values()) {
    if (!Number.isFinite(burnedAt)) continue;
    checked += 1;
    const last = published.at(-1);
    if (last && last.since > burnedAt && !leftByHand(evidence, last.since))
      violations.push(`I6: burned ${kid} came back in version ${versionAt(evidence, last.since)}`);
    const removedBy = cleanTickAfter(evidence, burnedAt);
    if (last && removedBy !== undefined && last.until > removedBy)
      violations.push(`I6: ${kid}, burned at ${burnedAt}, is still published after the tick of ${removedBy}`);
  }
  for (const { at, kids, offset, removed, exposure } of burns) {
    const left = removed ? Math.max(0, ...kids.map((kid) => keys.get(kid)?.published.at(-1)?.until ?? 0)) : to;
    if (removed && left > at && !documents.some(({ byHand, until }) => byHand && until > at))
      violations.push(`I6: the burn of ${at} said removed, and the keys left at ${left}`);
    const policy = evidence.policyAt(at);
    // A burn works with any clock; what it says of times is as right as its clock is.
    if (Math.abs(offset) > policy.clockSkew) continue;
    for (const { verifier, acceptsBurnedUntil } of exposure) {
      checked += 1;
      const known = (policy.verifiers ?? Object.values(VERIFIERS)).find(({ name }) => name === verifier);
      if (typeof acceptsBurnedUntil !== 'number' || !known) continue;
      const worst = left + edgeAge(policy) + known.keyCache;
      if (acceptsBurnedUntil < worst)
        violations.push(`I6: ${verifier} may accept a burned key until ${worst}, the burn said ${acceptsBurnedUntil}`);
    }
  }
  return { checked, violations };
};

/** The document that did not hold it was none of ours. */
const leftByHand = ({ documents }: Evidence, back: number): boolean =>
  documents.some(({ until, byHand }) => until === back && byHand === true);

const versionAt = ({ documents }: Evidence, at: number) => documents.find(({ since }) => since === at)?.version;

/** When the first tick had ended that began after the instant and was not hindered. */
const cleanTickAfter = ({ ticks }: Evidence, instant: number): number | undefined =>
  ticks.find(({ began, failed, holds }) => began > instant && failed === undefined && holds.length === 0)?.at;

/** I10: a kid is one public key for ever. */
export const kidsAreNeverReused: Checker = ({ broken, keys }) => ({
  checked: keys.size,
  violations: broken.filter(({ invariant }) => invariant === 'I10').map(({ what }) => what),
});
