import type { KMSClient } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { KmsKeys, type KmsKeysOptions } from '../../lib/aws/kms-keys.ts';

const keys = (name: string) => {
  const refuse = async () => {
    throw Object.assign(new Error('told to'), { name });
  };
  const kms = { send: refuse } as unknown as KMSClient;
  return new KmsKeys({ kms } as KmsKeysOptions);
};

test('a key that denies us the look is hidden, and nothing is concluded from that', async () => {
  expect(await keys('AccessDeniedException').describe('arn')).toEqual({
    keyArn: 'arn',
    state: 'hidden',
    createdAt: 0,
    genuine: false,
  });
});

test('KMS that is away is not a key that is hidden', async () => {
  await expect(keys('ThrottlingException').describe('arn')).rejects.toThrow('told to');
});
