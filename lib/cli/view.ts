/** One look at an issuer with no more than `grantRead` allows: keyring, last tick, and what the edge serves. */

import { type Policy, parsePolicy } from '../core/config.ts';
import { isKeyturnError } from '../core/errors.ts';
import { documentPaths } from '../core/issuer.ts';
import { readJwks, type ServedJwks } from '../core/jwks.ts';
import type { Keyring } from '../core/keyring.ts';
import type { TickRecord } from '../core/tick-record.ts';
import { NoKeyringError } from './no-keyring.ts';
import type { Target } from './target.ts';
import { UnreachableError } from './verb.ts';

export interface View {
  readonly keyring: Keyring;
  readonly revision: number;
  readonly policy: Policy;
  readonly tick: TickRecord;
  readonly edge: ServedJwks | undefined;
  readonly edgeProblem: string | undefined;
  /** Seconds by which this machine's clock is ahead of DynamoDB's. */
  readonly clockOffset: number;
  /** Seconds since 1970. */
  readonly now: number;
}

/** @throws NoKeyringError where it was lost, UnreachableError before the first tick, and what the SDK throws */
export async function viewOf(target: Target): Promise<View> {
  const { IssuerUrl: issuer } = target.outputs;
  const before = Date.now() / 1000;
  const [loaded, tick, edge] = await Promise.all([
    target.keyrings.load().catch(unwrapped),
    target.records.read(),
    target.edge.fetch(documentPaths(issuer).jwks).catch((error: Error) => error),
  ]);
  const now = Date.now() / 1000;
  const served = edge instanceof Error ? undefined : readJwks(edge.body);
  if (!loaded.keyring && (tick?.error || served)) throw new NoKeyringError({ issuer, tick, edge: served, now });
  if (!loaded.keyring || !tick) {
    const what = loaded.keyring ? 'record of a tick' : 'keyring';
    throw new UnreachableError(`${issuer} has no ${what} yet: no tick has run; see the log of its rotate function`);
  }
  return {
    keyring: loaded.keyring,
    revision: loaded.revision,
    policy: parsePolicy(tick.policy),
    tick,
    edge: served,
    edgeProblem: edge instanceof Error ? edge.message : undefined,
    clockOffset: offset(before, now, loaded.serverTime),
    now,
  };
}

/** The reader's sentence hides what a person can mend: whose permission or credentials. */
function unwrapped(error: unknown): never {
  throw isKeyturnError(error, 'keyring_unreadable') && error.cause instanceof Error ? error.cause : error;
}

/** A Date header is cut to the second (RFC 9110 §5.6.7). */
function offset(before: number, after: number, serverTime: number): number {
  if (after < serverTime) return after - serverTime;
  return Math.max(0, before - (serverTime + 1));
}
