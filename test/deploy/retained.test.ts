/**
 * A stack that goes, and one that takes over what it left. A key's policy was written when it was made and names roles
 * by ARN: roles of the same name, with another id behind it, must be able to sign.
 */
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { roleName } from '../../lib/cdk/roles.ts';
import type { Deployment } from './deployment.ts';
import { roleId } from './root.ts';
import { rotationBegun, SETTLED_MS, ticksUntil } from './rotation.ts';
import { ISSUER } from './windows.ts';
import { emulatedAccount } from './world.ts';

const account = emulatedAccount();
let issuer: Deployment;
let roles: string[];

const roleIds = () =>
  Promise.all((['signer', 'rotator'] as const).map((kind) => roleId(account.endpoint, roleName(ISSUER, kind))));

test('with its keys, its table and its bucket retained, nothing of it signs any more', async () => {
  issuer = await account.deploy();
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
  issuer = await account.deploy({ stackName: 'Successor', ...retained }, '--import-existing-resources');
  for (const id of await roleIds()) expect(roles).not.toContain(id);
  const { kid, token } = await issuer.sign();
  expect(kid).toBe(active);
  await issuer.verify(token);
  const { to } = await rotationBegun(issuer);
  await ticksUntil(issuer, to, 'active');
  await setTimeout(SETTLED_MS);
  const next = await issuer.sign();
  expect(next.kid).toBe(to);
  await issuer.verify(next.token);
  expect(await issuer.servedKids()).toContain(kid);
});
