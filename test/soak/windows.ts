/** The windows of a soak: the least that the policy check lets pass, so that a rotation is over in seconds. */
import { parsePolicy } from '../../lib/core/config.ts';
import { formatDuration, readDuration } from '../../lib/core/duration.ts';
import { minGrace, minPublicationLead, minRotationPeriod } from '../../lib/core/policy.ts';
import { HABITS } from './habits.ts';

const GIVEN = {
  tokenLifetime: '3s',
  maxTokenLifetime: '3s',
  tick: '1s',
  edgeMaxAge: '1s',
  edgeStaleWhileRevalidate: '1s',
  edgeStaleIfError: '1s',
  signerCache: '1s',
  // More than a signature takes, for the machine has other things to do too.
  signingLatency: '2s',
  clockSkew: '1s',
  verifierLeeway: '1s',
  verifiers: HABITS.map(({ name, keyCache, refetch }) => ({ name, keyCache, refetch })),
};

/** `lead` takes the place of the least safe publication lead, and of nothing else. */
export function windows(lead?: string): Record<string, unknown> {
  const policy = parsePolicy({ ...GIVEN, issuer: 'http://localhost' });
  const publicationLead = minPublicationLead(policy);
  const chosen = lead === undefined ? publicationLead : readDuration('--lead', lead);
  return {
    ...GIVEN,
    publicationLead: formatDuration(chosen),
    rotationPeriod: formatDuration(minRotationPeriod({ ...policy, publicationLead })),
    grace: formatDuration(minGrace(policy, policy.maxTokenLifetime)),
    ...(chosen < publicationLead && { unsafeWindows: true }),
  };
}
