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
};

/** With a burn, every cache that ends at all has to end well before the longest-lived tokens of the burned key do. */
const LONG_CACHE = { usual: '10m', burn: '6s' };
const BURN = { maxTokenLifetime: '20s' };
/** Between the end of the standby's lead and the next rotation, for the burn to come in between. */
const BURN_SECONDS = 4;

export interface Windows {
  /** As in `keyturn.config.json`. */
  readonly config: Record<string, unknown>;
  readonly longCacheSeconds: number;
}

/** `lead` takes the place of the least safe publication lead, and of nothing else. */
export function windows({ lead, burn }: { lead?: string | undefined; burn: boolean }): Windows {
  const longCache = burn ? LONG_CACHE.burn : LONG_CACHE.usual;
  const given = {
    ...GIVEN,
    ...(burn && BURN),
    verifiers: HABITS.map(({ name, keyCache, refetch }) => ({
      name,
      keyCache: keyCache === 'long' ? longCache : keyCache,
      refetch,
    })),
  };
  const policy = parsePolicy({ ...given, issuer: 'http://localhost' });
  const publicationLead = minPublicationLead(policy);
  const chosen = lead === undefined ? publicationLead : readDuration('--lead', lead);
  const config = {
    ...given,
    publicationLead: formatDuration(chosen),
    rotationPeriod: formatDuration(minRotationPeriod({ ...policy, publicationLead }) + (burn ? BURN_SECONDS : 0)),
    grace: formatDuration(minGrace(policy, policy.maxTokenLifetime)),
    ...(chosen < publicationLead && { unsafeWindows: true }),
  };
  return { config, longCacheSeconds: readDuration('the long cache', longCache) };
}
