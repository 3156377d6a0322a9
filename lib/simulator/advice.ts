/** What to change, for each rejection that a forecast has seen: which window is too narrow, or why none is wide enough. */
import { formatDuration } from '../core/duration.ts';
import { expectedKeys, minGrace, minPublicationLead } from '../core/policy.ts';
import { fetchesOnce, type Verifier } from '../core/verifiers.ts';
import { type Evidence, inForce } from './evidence.ts';
import type { Rejection } from './population.ts';

interface Seen {
  readonly verifier: Verifier;
  readonly all: { readonly rejections: readonly Rejection[]; readonly misfit?: string };
}

export function advice(evidence: Evidence, seen: readonly Seen[]): string[] {
  const said = new Set<string>();
  for (const { verifier, all } of seen) {
    if (all.misfit !== undefined) said.add(all.misfit);
    else for (const rejection of all.rejections) said.add(sentence(evidence, verifier, rejection));
  }
  return [...said];
}

/** A key that has left the documents was removed too early; one that is in them was signed with too early. */
function sentence(evidence: Evidence, verifier: Verifier, { kid, since }: Rejection): string {
  const policy = evidence.policyAt(since);
  if (fetchesOnce(verifier)) return `${verifier.title} never fetches the JWKS again: no window is wide enough for it`;
  const document = inForce(evidence.documents, since);
  const { maxKeys = Number.POSITIVE_INFINITY } = verifier;
  if ((document?.kids.size ?? 0) > maxKeys)
    return `${verifier.title} takes ${maxKeys} keys, ${expectedKeys(policy)} are published: shorten grace or lengthen rotationPeriod`;
  if (document && !document.kids.has(kid)) {
    const least = minGrace(policy, policy.maxTokenLifetime);
    return `widen grace: ${formatDuration(policy.grace)} is too short, it takes ${formatDuration(least)}`;
  }
  const least = minPublicationLead({ ...policy, verifiers: [verifier] });
  return `widen publicationLead: ${formatDuration(policy.publicationLead)} is too short for ${verifier.title}, it takes ${formatDuration(least)}`;
}
