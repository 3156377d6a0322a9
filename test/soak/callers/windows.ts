/** The windows under which callers are watched: the least that the check lets pass, but for tokens that live ten seconds. */
import { parsePolicy } from '../../../lib/core/config.ts';
import { formatDuration } from '../../../lib/core/duration.ts';
import { minGrace, minPublicationLead, minRotationPeriod } from '../../../lib/core/policy.ts';

/** What the policy is told of the API's verifier. */
export const VERIFIER = { keyCacheSeconds: 4, refetchSeconds: 1 };

export function callersConfig(): Record<string, unknown> {
  const { keyCacheSeconds, refetchSeconds } = VERIFIER;
  const given = {
    tokenLifetime: '10s',
    maxTokenLifetime: '10s',
    tick: '1s',
    edgeMaxAge: '1s',
    edgeStaleWhileRevalidate: '1s',
    edgeStaleIfError: '1s',
    signerCache: '1s',
    signingLatency: '5s',
    clockSkew: '1s',
    verifierLeeway: '1s',
    verifiers: [{ name: 'api', keyCache: `${keyCacheSeconds}s`, refetch: `${refetchSeconds}s` }],
  };
  const policy = parsePolicy({ ...given, issuer: 'http://localhost' });
  const publicationLead = minPublicationLead(policy);
  return {
    ...given,
    publicationLead: formatDuration(publicationLead),
    // Rotations come when they are asked for.
    rotationPeriod: formatDuration(minRotationPeriod({ ...policy, publicationLead }) + 600),
    grace: formatDuration(minGrace(policy, policy.maxTokenLifetime)),
  };
}
