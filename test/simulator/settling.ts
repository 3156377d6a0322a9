/** A world with short windows, and the question that every test of faults ends with. */
import { expect } from 'vitest';
import { renderDocuments } from '../../lib/core/discovery.ts';
import { activeKey, pendingKeys, renderedKeys, violations } from '../../lib/core/keyring.ts';
import { orphanAge } from '../../lib/core/policy.ts';
import { violatedBy } from '../../lib/simulator/invariants.ts';
import type { World } from '../../lib/simulator/world.ts';

export const MINUTE = 60;

/** Each at its minimum, so that a term which is missing somewhere shows. */
export const WINDOWS = {
  verifiers: [{ name: 'blind', keyCache: '20m', refetch: 'never' }],
  edgeMaxAge: '60s',
  edgeStaleWhileRevalidate: '30s',
  edgeStaleIfError: '30s',
  clockSkew: '0s',
  publicationLead: '22m',
  tick: '15m',
  rotationPeriod: '37m',
  tokenLifetime: '5m',
  maxTokenLifetime: '10m',
  signerCache: '30s',
  signingLatency: '30s',
  verifierLeeway: '60s',
  grace: '12m',
  deletionWindow: '7d',
};

/** I4, and all that a trace can tell. */
export async function settles(world: World): Promise<void> {
  world.intercept = undefined;
  for (let clean = 0; clean < 6; clean++) {
    world.now += 15 * MINUTE;
    await world.tick();
  }
  const { keyring, policy } = world;
  expect(activeKey(keyring), 'one active').toBeDefined();
  expect(pendingKeys(keyring), 'one standby').toHaveLength(1);
  expect(violations(keyring)).toEqual([]);
  for (const { path, body } of renderDocuments(keyring, policy))
    expect(world.bucket.objects.get(path)?.body).toBe(body);
  const ours = new Set(renderedKeys(keyring).map(({ keyArn }) => keyArn));
  for (const key of world.kms.stored.values()) {
    const orphan = key.enabled && !ours.has(key.keyArn);
    if (orphan) expect(world.now - key.createdAt, `orphan ${key.keyArn}`).toBeLessThan(orphanAge(policy) + 15 * MINUTE);
    if (ours.has(key.keyArn)) expect(key.enabled && key.deletionAt === undefined, `${key.keyArn} signs`).toBe(true);
  }
  expect(violatedBy(world.trace, policy)).toEqual([]);
}
