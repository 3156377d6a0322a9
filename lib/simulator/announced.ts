/** What the answers of burns said of verifiers: who may refuse a key that signs without its lead, and until when. */
import type { Exposure } from '../core/exposure.ts';
import type { Burn, Evidence, Reign } from './evidence.ts';

/**
 * Answers to the last burn before the key signed. One that says what is left to do is to be asked for again; one by a clock
 * that is off says nothing of times.
 */
function answers({ burns, keys, policyAt }: Evidence, { since }: Reign): Burn[] {
  const last = Math.max(...[...keys.values()].map(({ burnedAt }) => burnedAt).filter((at) => at <= since));
  return burns.filter(
    ({ at, began, offset, removed, final }) =>
      removed && final && began <= since && at >= last && Math.abs(offset) <= policyAt(at).clockSkew,
  );
}

/** Until when the verifier may refuse it, by the burns' own word and whatever clock; undefined where nobody got an answer. */
export function announcedUntil(evidence: Evidence, verifier: string, reign: Reign): number | undefined {
  const said = answers(evidence, reign);
  if (said.length === 0) return undefined;
  const own = said.flatMap(({ exposure }) => exposure.filter((one) => one.verifier === verifier).map(latest));
  return Math.max(Number.NEGATIVE_INFINITY, ...own) + reign.policy.clockSkew;
}

const latest = ({ rejectsFreshUntil, rejectsStandbyUntil }: Exposure): number =>
  Math.max(...[rejectsFreshUntil, rejectsStandbyUntil].map((until) => until ?? Number.NEGATIVE_INFINITY));

/** When the last copy is gone that lacks the key, of those documents that were there before it signed, and not after it was burned. */
export const lastCopyWithout = ({ documents }: Evidence, kid: string, { since, until }: Reign): number =>
  documents
    .filter((document) => document.since <= since && document.since < until && !document.kids.has(kid))
    .reduce((last, { until, age }) => Math.max(last, until + age), Number.NEGATIVE_INFINITY);
