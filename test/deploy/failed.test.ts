/** Deployments that would break the issuer: they fail with the reason, and what was there works on. */
import { expect, test } from 'vitest';
import type { Deployment } from './deployment.ts';
import { emulatedAccount } from './world.ts';

const account = emulatedAccount();
let issuer: Deployment;

test('an update under which no tick can publish fails, says why, and is rolled back', async () => {
  issuer = await account.deploy();
  const { kid } = await issuer.sign();
  // Another name is another bucket: the documents would move away from where verifiers look.
  await expect(account.deploy({ bucketName: 'another-bucket' })).rejects.toThrow(/keyring_elsewhere/);
  const { token, kid: after } = await issuer.sign();
  expect(after).toBe(kid);
  await issuer.verify(token);
  const { steps } = await issuer.tick();
  expect(steps).toEqual([]);
});
