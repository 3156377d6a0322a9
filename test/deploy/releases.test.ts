/** One issuer through its releases: an update and a roll-back, each in the middle of a rotation, with services at work. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Deployment } from './deployment.ts';
import { type Release, releaseBefore } from './release.ts';
import { rotationBegun, SETTLED_MS, ticksUntil } from './rotation.ts';
import { underTraffic } from './traffic.ts';
import { WINDOWS } from './windows.ts';
import { emulatedAccount } from './world.ts';

const account = emulatedAccount();
let issuer: Deployment;
let before: Release | undefined;

beforeAll(async () => {
  before = await releaseBefore();
  if (!before) console.warn('the way back to the release before is not tried: this checkout has no history');
});
afterAll(() => before?.close());

test('the release before is deployed, and signs', async ({ skip }) => {
  if (!before) return skip('the history of this checkout has no release before');
  issuer = await account.deploy({ release: before.url });
  await issuer.verify((await issuer.sign()).token);
});

test.for([
  ['this release', false, '10s'],
  ['the release before', true, '9s'],
  ['this release again', false, '10s'],
] as const)('%s comes in the middle of a rotation, and no service notices', async (row, { skip }) => {
  const [, isBack, tokenLifetime] = row;
  if (!before) return skip('the history of this checkout has no release before');
  const release = isBack ? { release: before.url } : {};
  const [former, { from, to }] = [issuer, await rotationBegun(issuer)];
  const { kids } = await underTraffic(issuer, async () => {
    issuer = await account.deploy({ config: { ...WINDOWS, tokenLifetime }, ...release });
    await ticksUntil(issuer, to, 'active');
    await setTimeout(SETTLED_MS);
  });
  // Two signers end their caches a second apart.
  expect(new Set(kids)).toEqual(new Set([from, to]));
  expect(kids.at(-1)).toBe(to);
  for (const name of ['TableName', 'BucketName', 'DistributionId', 'SignUrl'])
    expect(issuer.output(name)).toBe(former.output(name));
});
