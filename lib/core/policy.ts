/**
 * The arithmetic of the windows: each function answers one question, and `unsafe` compares a policy with the answers.
 * The same sentences come at `cdk synth`, in the Lambdas and on one machine.
 *
 * What each window has to cover is derived in docs/protocol.md.
 */
import { facts } from './algorithms.ts';
import type { Policy } from './config.ts';
import { formatDuration } from './duration.ts';
import { KeyturnError } from './errors.ts';
import { blindSeconds, fetchesOnce, VERIFIERS, type Verifier } from './verifiers.ts';

/** KMS: ScheduleKeyDeletion, "PendingWindowInDays". */
const DELETION_DAYS = { min: 7, max: 30 };
const DAY = 86_400;
/** Above this an Application Load Balancer forwards nothing. */
const MAX_KEYS = 10;

type Edge = Pick<Policy, 'edgeMaxAge' | 'edgeStaleWhileRevalidate' | 'edgeStaleIfError'>;

/** How much older than the published document may a copy at the edge be? (RFC 9111 §4.2, RFC 5861 §3, §4) */
export const edgeAge = (policy: Edge): number =>
  policy.edgeMaxAge + policy.edgeStaleWhileRevalidate + policy.edgeStaleIfError;

/** What do the documents say to every cache? */
export const cacheControl = (policy: Edge): string =>
  `public, max-age=${policy.edgeMaxAge}, stale-while-revalidate=${policy.edgeStaleWhileRevalidate}, stale-if-error=${policy.edgeStaleIfError}`;

/** Where nobody said who verifies: the longest cache without a refetch that a vendor documents. */
const UNDECLARED = [VERIFIERS['http-api']];

/** Which verifier takes the longest to learn of a new key? One that never does is refused, not waited for. */
export const blindestVerifier = (policy: Pick<Policy, 'verifiers'>): Verifier | undefined =>
  (policy.verifiers ?? UNDECLARED)
    .filter((verifier) => !fetchesOnce(verifier))
    .toSorted((a, b) => blindSeconds(b) - blindSeconds(a))[0];

/** How long must a key be in the JWKS so that every honest verifier knows it when its first token arrives? */
export function minPublicationLead(policy: Edge & Pick<Policy, 'verifiers' | 'clockSkew'>): number {
  const verifier = blindestVerifier(policy);
  return (verifier ? blindSeconds(verifier) : 0) + edgeAge(policy) + 2 * policy.clockSkew;
}

/** How long must a key sign so that its successor is always ready? */
export const minRotationPeriod = (policy: Pick<Policy, 'publicationLead' | 'tick'>): number =>
  policy.publicationLead + policy.tick;

/**
 * How long must a key stay in the JWKS after its end so that its last token dies first? Its last token is signed by a
 * signer that has not yet noticed the end, and read by the most lenient verifier; two machines' clocks err twice.
 */
export const minGrace = (
  policy: Pick<Policy, 'signerCache' | 'signingLatency' | 'verifierLeeway' | 'clockSkew'>,
  maxTokenLifetime: number,
): number =>
  policy.signerCache + policy.signingLatency + maxTokenLifetime + policy.verifierLeeway + 4 * policy.clockSkew;

/** When may this key leave the JWKS? What its tokens were promised counts, even if the policy has since shrunk. */
export const graceEnd = (policy: Policy, key: { endedAt: number; maxTokenLifetime: number }): number =>
  key.endedAt + Math.max(policy.grace, minGrace(policy, key.maxTokenLifetime));

/** From when on must another key take over, so that no caller gets a shorter token for a key's hard end, by any clock? */
export const lastTurn = (policy: Pick<Policy, 'maxTokenLifetime' | 'tick' | 'clockSkew'>, notAfter: number): number =>
  notAfter - policy.maxTokenLifetime - policy.tick - 2 * policy.clockSkew;

/** How many keys may one JWKS hold? */
export const maxKeys = (policy: Pick<Policy, 'verifiers'>): number =>
  Math.min(MAX_KEYS, ...(policy.verifiers ?? []).map((verifier) => verifier.maxKeys ?? MAX_KEYS));

/** How many keys does one JWKS hold if every rotation is on time: the standby, the active key and those in grace? */
export const expectedKeys = (policy: Pick<Policy, 'grace' | 'rotationPeriod'>): number =>
  2 + Math.ceil(policy.grace / policy.rotationPeriod);

/** How many enabled KMS keys can an issuer ever need? One more than it may publish, and one that a crash orphaned. */
export const maxKmsKeys = (policy: Pick<Policy, 'verifiers'>): number => maxKeys(policy) + 2;

/** How long may a tick run? The function's time limit. */
export const ROTATOR_TIMEOUT_SECONDS = 120;

/** How many steps may a tick take? More than any real one needs; a rule that never comes to rest must not run for ever. */
export const MAX_STEPS_A_TICK = 25;

/** From what age on can a tagged key that no keyring knows not be one that a slow tick is about to save? */
export const orphanAge = (policy: Pick<Policy, 'clockSkew'>): number =>
  ROTATOR_TIMEOUT_SECONDS + 2 * policy.clockSkew + 15 * 60;

/** Which rules does the policy break? One sentence each; none when it is safe. */
export function unsafe(policy: Policy): string[] {
  const problems: string[] = [];
  const atLeast = (name: keyof Policy, minimum: number, terms: string) => {
    const actual = policy[name] as number;
    if (actual < minimum) {
      problems.push(`${name} must be at least ${terms} = ${formatDuration(minimum)}, got ${formatDuration(actual)}`);
    }
  };
  const term = (text: string, seconds: number) => `${text} (${formatDuration(seconds)})`;
  const p = policy;

  const blindest = blindestVerifier(p);
  const blind = blindest ? `${term(`how long ${blindest.title} may miss a new key`, blindSeconds(blindest))} + ` : '';
  const undeclared = p.verifiers ? '' : ' (no verifiers are declared, so the longest documented cache is assumed)';
  const lead = `${blind}${term('edge age', edgeAge(p))} + ${term('2 × clockSkew', 2 * p.clockSkew)}${undeclared}`;
  atLeast('publicationLead', minPublicationLead(p), lead);
  atLeast(
    'rotationPeriod',
    minRotationPeriod(p),
    `${term('publicationLead', p.publicationLead)} + ${term('tick', p.tick)}`,
  );
  atLeast(
    'grace',
    minGrace(p, p.maxTokenLifetime),
    [
      term('signerCache', p.signerCache),
      term('signingLatency', p.signingLatency),
      term('maxTokenLifetime', p.maxTokenLifetime),
      term('verifierLeeway', p.verifierLeeway),
      term('4 × clockSkew', 4 * p.clockSkew),
    ].join(' + '),
  );
  atLeast('tokenLifetime', 1, 'one second');
  atLeast('maxTokenLifetime', p.tokenLifetime, 'tokenLifetime');
  atLeast('tick', 1, 'one second');
  atLeast('signerCache', 1, 'one second');
  atLeast('signingLatency', 1, 'one second');
  const { min, max } = DELETION_DAYS;
  if (p.deletionWindow % DAY !== 0 || p.deletionWindow < min * DAY || p.deletionWindow > max * DAY) {
    problems.push(`deletionWindow must be ${min}d to ${max}d in whole days, got ${formatDuration(p.deletionWindow)}`);
  }
  if (p.cryptoperiod !== undefined) {
    atLeast(
      'cryptoperiod',
      p.rotationPeriod + p.tick + p.maxTokenLifetime + 2 * p.clockSkew,
      [
        term('rotationPeriod', p.rotationPeriod),
        term('tick', p.tick),
        term('maxTokenLifetime', p.maxTokenLifetime),
        term('2 × clockSkew', 2 * p.clockSkew),
      ].join(' + '),
    );
  }
  if (expectedKeys(p) > maxKeys(p)) {
    const strictest = p.verifiers?.find((verifier) => verifier.maxKeys === maxKeys(p));
    problems.push(
      `grace ${formatDuration(p.grace)} over rotationPeriod ${formatDuration(p.rotationPeriod)} keeps ${expectedKeys(p)} keys in the JWKS, ${strictest?.title ?? 'a JWKS'} takes at most ${maxKeys(p)}`,
    );
  }
  for (const verifier of p.verifiers ?? []) problems.push(...misfits(p, verifier));
  return problems;
}

/** Why can this verifier not take what the policy makes? */
function misfits(policy: Policy, verifier: Verifier): string[] {
  const problems: string[] = [];
  if (fetchesOnce(verifier)) {
    problems.push(`${verifier.title} never fetches the JWKS again, so no rotation is safe for it`);
  }
  if (verifier.rejectsUnknownKeyTypes && facts(policy.algorithm).kty === 'AKP') {
    problems.push(`${verifier.title} rejects a whole JWKS over one ${policy.algorithm} key`);
  } else if (!verifier.algorithms.includes(policy.algorithm)) {
    problems.push(`${verifier.title} takes ${verifier.algorithms.join(', ')}, but algorithm is ${policy.algorithm}`);
  }
  return problems;
}

/** @throws KeyturnError `policy_unsafe` with every sentence, unless the policy waives the check */
export function requireSafe(policy: Policy): Policy {
  const problems = unsafe(policy);
  if (problems.length > 0 && !policy.unsafeWindows) throw new KeyturnError('policy_unsafe', problems.join('; '));
  return policy;
}
