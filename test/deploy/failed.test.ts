/** Deployments that would break the issuer: they fail with the reason, and what was there works on. */
import { beforeAll, expect, test } from 'vitest';
import type { Deployment } from './deployment.ts';
import { WINDOWS } from './windows.ts';
import { emulatedAccount } from './world.ts';

const account = emulatedAccount();
let issuer: Deployment;

beforeAll(async () => {
  issuer = await account.deploy();
});

// A table that another name has emptied is left to test/core: MiniStack refuses the signer at a table that was replaced.
test.for([
  // Another name is another bucket: the documents would move away from where verifiers look.
  ['no tick can publish', { bucketName: 'another-bucket' }, /keyring_elsewhere/],
  ['another issuer is in its place', { config: { ...WINDOWS, issuer: 'https://b.example.com' } }, /cannot make https:/],
] as const)('an update under which %s fails, says why, and is rolled back', async ([, change, why]) => {
  const { kid } = await issuer.sign();
  await expect(account.deploy(change)).rejects.toThrow(why);
  const { token, kid: after } = await issuer.sign();
  expect(after).toBe(kid);
  await issuer.verify(token);
  const { steps } = await issuer.tick();
  expect(steps).toEqual([]);
});
