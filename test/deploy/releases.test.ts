/** One issuer through its releases: an update and a roll-back, each in the middle of a rotation, with services at work. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Deployment } from './deployment.ts';
import { type Release, releaseBefore } from './release.ts';
import { underTraffic } from './traffic.ts';
import { SHORT } from './windows.ts';
import { emulatedAccount } from './world.ts';

const account = emulatedAccount();
let issuer: Deployment;
let before: Release | undefined;

beforeAll(async () => {
  before = await releaseBefore();
});
afterAll(() => before?.close());

/** Longer than from one rotation to the wish for the next. */
const CONFIG = { ...SHORT, publicationLead: '8s', rotationPeriod: '68s' };

/** The standby is published, and its lead is not over. */
async function rotationBegun(): Promise<{ from: string; to: string }> {
  const { keys } = await issuer.keyring();
  const kidOf = (state: string) => keys.find((key) => key.state === state)?.kid ?? '';
  const { steps } = await issuer.operate({ operation: 'rotate', reason: 'a deployment is to come in between' });
  expect(steps.map(({ step }) => step)).not.toContain('activate');
  return { from: kidOf('active'), to: kidOf('pending') };
}

const rotated = (to: string): Promise<void> =>
  vi.waitFor(
    async () => {
      await issuer.tick();
      expect((await issuer.key(to)).state).toBe('active');
    },
    { timeout: 20_000, interval: 500 },
  );

test('the release before is deployed, and signs', async ({ skip }) => {
  if (!before) return skip('the history of this checkout has no release before');
  issuer = await account.deploy({ config: CONFIG, release: before.url });
  await issuer.tick();
  await issuer.verify((await issuer.sign()).token);
});

test.for([
  ['this release', false, '3s'],
  ['the release before', true, '4s'],
  ['this release again', false, '3s'],
] as const)('%s comes in the middle of a rotation, and no service notices', async (row, { skip }) => {
  const [, isBack, tokenLifetime] = row;
  if (!before) return skip('the history of this checkout has no release before');
  const [former, { from, to }] = [issuer, await rotationBegun()];
  const { kids } = await underTraffic(issuer, async () => {
    const release = isBack && before ? { release: before.url } : {};
    issuer = await account.deploy({ config: { ...CONFIG, tokenLifetime }, ...release });
    await rotated(to);
    // Their caches end, and the new key is in use.
    await setTimeout(3000);
  });
  // Two signers end their caches a second apart.
  expect(new Set(kids)).toEqual(new Set([from, to]));
  expect(kids.at(-1)).toBe(to);
  for (const name of ['TableName', 'BucketName', 'DistributionId', 'SignUrl'])
    expect(issuer.output(name)).toBe(former.output(name));
});
