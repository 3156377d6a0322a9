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
  // One that an operator retains may stay beside another one.
  const pending = pendingKeys(keyring);
  const standbys = pending.filter((key) => isObserved(key) && key.algorithm === policy.algorithm).length;
  const own = pending.filter(({ retained }) => !retained).length;
  if (standbys < 1 || own > 1)
    problems.push(`there are ${standbys} observed standbys of ${pending.length} pending keys`);
  const published = trace.findLast((event) => event.kind === 'document')?.body;
  const rendered = renderDocuments(keyring, policy).find(({ path }) => path === documentPaths(keyring.issuer).jwks);
  if (published !== rendered?.body) problems.push('the bucket does not hold what the keyring renders');
  return { cleanTicks, problems: [...problems, ...orphans(trace, keyring, now, policy), ...turnedAway(trace, calm)] };
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

function orphans(trace: readonly TraceEvent[], keyring: Keyring, now: number, policy: Policy): string[] {
  const enabled = new Map<string, number>();
  const disabled = new Set<string>();
  for (const event of trace) {
    if (event.kind === 'created') enabled.set(event.keyArn, event.at);
    if (event.kind === 'ending') enabled.delete(event.keyArn);
    if (event.kind === 'meddled') disabled[event.enabled ? 'delete' : 'add'](event.keyArn);
  }
  const ours = new Map(renderedKeys(keyring).map(({ keyArn, state }) => [keyArn, state]));
  const problems: string[] = [];
  for (const [keyArn, since] of enabled) {
    if (!ours.has(keyArn) && !disabled.has(keyArn) && now - since > orphanAge(policy) + policy.tick)
      problems.push(`KMS key ${keyArn} is in no keyring and still enabled`);
  }
  for (const [keyArn, state] of ours) {
    // One in grace signs no more, whoever has disabled it.
    if (!enabled.has(keyArn) || (disabled.has(keyArn) && state !== 'grace'))
      problems.push(`KMS key ${keyArn} is published and cannot sign`);
  }
  return problems;
}
