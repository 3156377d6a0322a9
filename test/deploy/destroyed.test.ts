/** An issuer whose removal policy is DESTROY: nothing of it is left but KMS keys that wait for their end. */
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { Deployment } from './deployment.ts';
import { emulatedAccount } from './world.ts';

const account = emulatedAccount();
let issuer: Deployment;
let keyArns: string[];

test('with its state it goes, and its keys are scheduled for deletion', async () => {
  issuer = await account.deploy({ destroy: true });
  await issuer.verify((await issuer.sign()).token);
  keyArns = (await issuer.keyring()).keys.map(({ keyArn }) => keyArn);
  expect(keyArns).toHaveLength(2);
  await account.destroy({ destroy: true });
  for (const keyArn of keyArns) expect(await issuer.kmsState(keyArn)).toBe('PendingDeletion');
  const { dynamodb, s3 } = issuer.aws;
  const table = dynamodb.send(new DescribeTableCommand({ TableName: issuer.output('TableName') }));
  await expect(table).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  const bucket = s3.send(new HeadBucketCommand({ Bucket: issuer.output('BucketName') }));
  await expect(bucket).rejects.toMatchObject({ name: 'NotFound' });
});

test('deployed anew it is another issuer of the same name, with keys of its own', async () => {
  issuer = await account.deploy({ destroy: true });
  const { token, kid } = await issuer.sign();
  await issuer.verify(token);
  expect(keyArns).not.toContain((await issuer.key(kid)).keyArn);
  expect(await issuer.servedKids()).toHaveLength(2);
});
