/** How things stand after the last fault: what the keyring says, what the bucket holds, what KMS still has. */
import type { Policy } from '../core/config.ts';
import { renderDocuments } from '../core/discovery.ts';
import { documentPaths } from '../core/issuer.ts';
import { activeKey, isObserved, type Keyring, pendingKeys, renderedKeys } from '../core/keyring.ts';
import { orphanAge } from '../core/policy.ts';
import type { Settled } from './evidence.ts';
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
  const pending = pendingKeys(keyring).filter(({ retained }) => !retained);
  const standbys = pending.filter(isObserved).length;
  if (standbys !== 1 || pending.length !== 1) problems.push(`there are ${standbys} observed standbys`);
  const published = trace.findLast((event) => event.kind === 'document')?.body;
  const rendered = renderDocuments(keyring, policy).find(({ path }) => path === documentPaths(keyring.issuer).jwks);
  if (published !== rendered?.body) problems.push('the bucket does not hold what the keyring renders');
  return { cleanTicks, problems: [...problems, ...orphans(trace, keyring, now, policy)] };
}

function orphans(trace: readonly TraceEvent[], keyring: Keyring, now: number, policy: Policy): string[] {
  const enabled = new Map<string, number>();
  const disabled = new Set<string>();
  for (const event of trace) {
    if (event.kind === 'created') enabled.set(event.keyArn, event.at);
    if (event.kind === 'ending') enabled.delete(event.keyArn);
    if (event.kind === 'meddled') disabled[event.enabled ? 'delete' : 'add'](event.keyArn);
  }
  const ours = new Set(renderedKeys(keyring).map(({ keyArn }) => keyArn));
  const problems: string[] = [];
  for (const [keyArn, since] of enabled) {
    if (!ours.has(keyArn) && !disabled.has(keyArn) && now - since > orphanAge(policy) + policy.tick)
      problems.push(`KMS key ${keyArn} is in no keyring and still enabled`);
  }
  for (const keyArn of ours) if (!enabled.has(keyArn)) problems.push(`KMS key ${keyArn} is published and cannot sign`);
  return problems;
}
