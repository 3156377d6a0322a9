/** How things stand after the last fault: what the keyring says, what the bucket holds, what KMS still has. */
import type { Policy } from '../core/config.ts';
import { renderDocuments } from '../core/discovery.ts';
import { documentPaths } from '../core/issuer.ts';
import { activeKey, isObserved, type Keyring, pendingKeys, renderedKeys } from '../core/keyring.ts';
import { orphanAge } from '../core/policy.ts';
import { CLEAN_TICKS, type Settled } from './evidence.ts';
import type { TraceEvent } from './trace.ts';

export function settled(
  trace: readonly TraceEvent[],
  keyring: Keyring | undefined,
  policyAt: (at: number) => Policy,
): Settled | undefined {
  const calm = trace.findLast(({ kind }) => kind === 'calm')?.at;
  const now = trace.at(-1)?.at ?? 0;
  if (calm === undefined || !keyring) return undefined;
  const policy = policyAt(now);
  const cleanTicks = trace.filter(
    (event) => event.kind === 'tick' && event.began >= calm && event.failed === undefined,
  ).length;
  const problems: string[] = [];
  if (!activeKey(keyring)) problems.push('no key is active');
  const kms = kmsKeys(trace);
  // One that an operator retains may stay beside another one, also where it can sign no more.
  const pending = pendingKeys(keyring);
  const able = pending.filter(
    (key) => isObserved(key) && key.algorithm === policy.algorithm && kms.enabled.has(key.keyArn),
  );
  const own = pending.filter(({ retained }) => !retained);
  if (able.length < 1 || own.length > 1)
    problems.push(`there are ${able.length} observed standbys of ${pending.length} pending keys`);
  const published = trace.findLast((event) => event.kind === 'document')?.body;
  const rendered = renderDocuments(keyring, policy).find(({ path }) => path === documentPaths(keyring.issuer).jwks);
  if (published !== rendered?.body) problems.push('the bucket does not hold what the keyring renders');
  return { cleanTicks, problems: [...problems, ...orphans(kms, keyring, now, policy), ...turnedAway(trace, calm)] };
}

/** Who asks after as many clean ticks as it may take gets a token. */
function turnedAway(trace: readonly TraceEvent[], calm: number): string[] {
  const clean = trace.filter((event) => event.kind === 'tick' && event.began >= calm && event.failed === undefined);
  const since = clean[CLEAN_TICKS - 1]?.at;
  if (since === undefined) return [];
  const later = trace.filter(({ at }) => at > since);
  const refused = later.filter((event) => event.kind === 'refused');
  const signed = later.some(({ kind }) => kind === 'token');
  if (refused.length === 0 && !signed) return ['nobody asked for a token'];
  return refused.map(({ at, code }) => `a caller was turned away at ${at}: ${code}`);
}

interface KmsKeys {
  /** By ARN, those that can sign, and since when they are there. */
  readonly enabled: Map<string, number>;
  /** Those that somebody has disabled who is not the rotator. */
  readonly disabled: Map<string, number>;
}

function kmsKeys(trace: readonly TraceEvent[]): KmsKeys {
  const [enabled, disabled] = [new Map<string, number>(), new Map<string, number>()];
  for (const event of trace) {
    if (event.kind === 'created') enabled.set(event.keyArn, event.at);
    if (event.kind === 'ending') for (const keys of [enabled, disabled]) keys.delete(event.keyArn);
    if (event.kind !== 'meddled') continue;
    const [from, to] = event.enabled ? [disabled, enabled] : [enabled, disabled];
    const since = from.get(event.keyArn);
    if (since !== undefined) to.set(event.keyArn, since);
    from.delete(event.keyArn);
  }
  return { enabled, disabled };
}

function orphans({ enabled }: KmsKeys, keyring: Keyring, now: number, policy: Policy): string[] {
  const ours = renderedKeys(keyring);
  const lost = [...enabled].filter(
    ([keyArn, since]) => !ours.some((key) => key.keyArn === keyArn) && now - since > orphanAge(policy) + policy.tick,
  );
  // One in grace signs no more, whoever has disabled it.
  const dead = ours.filter(
    ({ keyArn, state, retained }) => state !== 'grace' && !(state === 'pending' && retained) && !enabled.has(keyArn),
  );
  return [
    ...lost.map(([keyArn]) => `KMS key ${keyArn} is in no keyring and still enabled`),
    ...dead.map(({ keyArn }) => `KMS key ${keyArn} is published and cannot sign`),
  ];
}
