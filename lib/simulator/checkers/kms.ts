/** I8: a KMS key ends last. */
import { orphanAge } from '../../core/policy.ts';
import type { Checker, Ending, Evidence } from '../evidence.ts';

/** Only after its key was burned, or retired and published as gone and out of every signer's reach, or never was in a keyring. */
export const kmsKeysEndLast: Checker = (evidence) => ({
  checked: evidence.endings.length,
  violations: evidence.endings.flatMap((ending) => {
    const why = tooEarly(evidence, ending);
    return why ? [`I8: ${ending.call} of ${ending.kid ?? ending.name} at ${ending.at} ${why}`] : [];
  }),
});

function tooEarly(evidence: Evidence, { at, call, kid, state, age, heldLater }: Ending): string | undefined {
  const life = kid === undefined ? undefined : evidence.keys.get(kid);
  if (state === 'unknown') {
    if (heldLater) return 'although a keyring came to hold it';
    // By a clock that is ahead, and to the second.
    const policy = evidence.policyAt(at);
    return age !== undefined && age < orphanAge(policy) - policy.clockSkew - 1
      ? `when a tick could still save it, ${age} s old`
      : undefined;
  }
  // Also where a restored table has forgotten it.
  if (state === 'compromised' || (life && life.burnedAt <= at)) return undefined;
  // A burn that could not be saved disables all the same, and is to be asked for again.
  const isUnsaved = evidence.failedBurns.some((burn) => burn.began <= at && burn.at >= at);
  if (call === 'disable' && (isUnsaved || (life && Number.isFinite(life.burnedAt)))) return undefined;
  if (state !== 'retired') return `while it was ${state}`;
  if (life?.published.some(({ since, until }) => since <= at && until > at)) return 'while it was published';
  const { signerCache, signingLatency } = evidence.policyAt(at);
  // A reign that begins later is that of a restored table; so is one of a key that no document holds.
  const reigns = life?.reigns.filter(({ since, revenant }) => since <= at && !revenant) ?? [];
  const held = Math.max(0, ...reigns.map(({ until }) => until)) + signerCache + signingLatency;
  return at < held ? `while a signer could hold it until ${held}` : undefined;
}
