/** The lives of an issuer's keys: what each was, is, and will be if nothing fails. Pure. */
import type { Policy } from './config.ts';
import type { Keyring } from './keyring.ts';
import { foresee } from './outlook.ts';

/** Instants in seconds since 1970; what has no instant has not happened, and nothing says when it will. */
export interface Span {
  readonly kid: string;
  /** In the JWKS. */
  readonly pending?: number;
  readonly active?: number;
  readonly grace?: number;
  /** Out of the JWKS. */
  readonly end?: number;
}

/**
 * Each published key and those that come until `until`, with the instants of its states.
 * @param from the next tick
 */
export function spansOf(keyring: Keyring, policy: Policy, from: number, until: number): Span[] {
  const spans = new Map<string, Span>();
  for (const key of keyring.keys) {
    if (key.state === 'pending') spans.set(key.kid, { kid: key.kid, pending: key.createdAt });
    if (key.state === 'active') spans.set(key.kid, { kid: key.kid, pending: key.createdAt, active: key.activatedAt });
    if (key.state === 'grace') {
      const { kid, createdAt, activatedAt, endedAt } = key;
      spans.set(kid, { kid, pending: createdAt, active: activatedAt, grace: endedAt });
    }
  }
  let signing = keyring.keys.find(({ state }) => state === 'active')?.kid;
  for (const { at, step, kid } of foresee(keyring, policy, from, until)) {
    if (kid === undefined) continue;
    const span = spans.get(kid) ?? { kid };
    if (step === 'create') spans.set(kid, { ...span, pending: at });
    if (step === 'retire') spans.set(kid, { ...span, end: at });
    if (step === 'activate') {
      const former = signing === undefined ? undefined : spans.get(signing);
      if (former) spans.set(former.kid, { ...former, grace: at });
      spans.set(kid, { ...span, active: at });
      signing = kid;
    }
  }
  return [...spans.values()];
}
