/**
 * Copies that promised more than the policy does now. Whoever holds one keeps to what it said, so that after shorter windows a
 * key is known everywhere only when the last copy without it is gone, and a burned one is out only with the last that has it.
 */
import type { Policy } from './config.ts';
import type { Keyring } from './keyring.ts';
import { edgeAge, orphanAge } from './policy.ts';

/** Documents that caches may keep for `age` seconds were published until then less `age`. */
export interface LongPromise {
  readonly age: number;
  readonly until: number;
}

/** For how many seconds may caches keep what carries this header? Undefined: it does not say (RFC 9111 §5.2.2.1, RFC 5861). */
export function promisedAge(cacheControl = ''): number | undefined {
  const directive = (name: string) => new RegExp(`(?:^|[\\s,])${name}=(\\d+)`).exec(cacheControl)?.[1];
  if (directive('max-age') === undefined) return undefined;
  const sum = (total: number, name: string) => total + Number(directive(name) ?? 0);
  return ['max-age', 'stale-while-revalidate', 'stale-if-error'].reduce(sum, 0);
}

/**
 * What has to be on record before the document with this header is replaced, if it is not yet: afterwards nothing tells what it
 * promised. A put that hangs is over by the orphan age.
 */
export function unrecordedPromise(
  { longPromise }: Keyring,
  cacheControl: string | undefined,
  policy: Policy,
  now: number,
): LongPromise | undefined {
  const age = promisedAge(cacheControl) ?? 0;
  if (age <= edgeAge(policy)) return undefined;
  if (longPromise && longPromise.age >= age && longPromise.until >= now + age) return undefined;
  const until = now + age + orphanAge(policy);
  return { age: Math.max(age, longPromise?.age ?? 0), until: Math.max(until, longPromise?.until ?? 0) };
}

/** For how many seconds may a copy of what was published at `at` be handed out? */
export const copyAge = ({ longPromise }: Pick<Keyring, 'longPromise'>, policy: Policy, at: number): number =>
  Math.max(edgeAge(policy), longPromise ? Math.min(longPromise.age, longPromise.until - at) : 0);

/** When has a key that was first seen at `observedAt` had its lead, also where copies from before live longer than they would now? */
export const leadEnd = (keyring: Pick<Keyring, 'longPromise'>, policy: Policy, observedAt: number): number =>
  observedAt + policy.publicationLead + copyAge(keyring, policy, observedAt) - edgeAge(policy);
