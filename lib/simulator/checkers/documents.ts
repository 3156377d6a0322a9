/** I5 and I10: what may be said of every document, and of every kid. */
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

/** I10: a kid is the name of one public key for ever, and does not come back. */
export const kidsAreNeverReused: Checker = ({ broken, keys }) => ({
  checked: keys.size,
  violations: broken.filter(({ invariant }) => invariant === 'I10').map(({ what }) => what),
});
