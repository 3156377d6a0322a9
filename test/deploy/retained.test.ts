/**
 * A stack that goes, and one that takes over what it left. A key's policy was written when it was made and names roles
 * by ARN: roles of the same name, with another id behind it, must be able to sign.
 */
import { expect, test, vi } from 'vitest';
import { roleName } from '../../lib/cdk/roles.ts';
import type { Deployment } from './deployment.ts';
import { roleId } from './signed.ts';
import { ISSUER } from './windows.ts';
import { emulatedAccount } from './world.ts';

const account = emulatedAccount();
let issuer: Deployment;
let roles: string[];

const roleIds = () =>
  Promise.all((['signer', 'rotator'] as const).map((kind) => roleId(account.endpoint, roleName(ISSUER, kind))));

test('with its keys, its table and its bucket retained, nothing of it signs any more', async () => {
  issuer = await account.deploy();
  await issuer.tick();
  const { kid } = await issuer.sign();
  const { keyArn } = await issuer.key(kid);
  roles = await roleIds();
  await account.destroy();
  expect((await issuer.key(kid)).state).toBe('active');
  expect(await issuer.kmsState(keyArn)).toBe('Enabled');
  await expect(issuer.sign()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('another stack, with roles of its own, signs with the old key and rotates it', async () => {
  const { keys } = await issuer.keyring();
  const active = keys.find(({ state }) => state === 'active')?.kid;
  const retained = { tableName: issuer.output('TableName'), bucketName: issuer.output('BucketName') };
  issuer = await account.deploy({ stackName: 'Successor', retained }, '--import-existing-resources');
  for (const id of await roleIds()) expect(roles).not.toContain(id);
  const { kid, token } = await issuer.sign();
  expect(kid).toBe(active);
  await issuer.verify(token);
  await issuer.operate({ operation: 'rotate', reason: 'with the new roles' });
  await vi.waitFor(
    async () => {
      await issuer.tick();
      expect((await issuer.key(kid)).state).toBe('grace');
    },
    { timeout: 20_000, interval: 500 },
  );
  await vi.waitFor(async () => expect((await issuer.sign()).kid).not.toBe(kid), { timeout: 10_000 });
  await issuer.verify((await issuer.sign()).token);
  expect(await issuer.servedKids()).toContain(kid);
});
