/** The handles of the KMS suites: a KMS in which somebody else makes keys too, and a wire that lies. */
import { randomUUID } from 'node:crypto';
import { CreateKeyCommand, DescribeKeyCommand, type KeySpec, ListResourceTagsCommand } from '@aws-sdk/client-kms';
import { keyPolicy } from '../../lib/aws/key-policy.ts';
import { KmsKeys, TAGS } from '../../lib/aws/kms-keys.ts';
import { KmsSigner } from '../../lib/aws/kms-signer.ts';
import type { Intent } from '../../lib/core/keyring.ts';
import type { Forgery, KmsFault, KmsOperation, KmsUnderTest, Lie } from '../conformance/kms.ts';
import { type AwsClients, awsClients } from './clients.ts';
import { type Answer, type AwsProxy, type Meddling, refusal, withMembers } from './proxy.ts';
import { type AwsUnderTest, freshIssuer, seconds } from './under-test.ts';

const OPERATIONS: Record<KmsOperation, string> = {
  create: 'CreateKey',
  publicKey: 'GetPublicKey',
  sign: 'Sign',
  disable: 'DisableKey',
  destroy: 'ScheduleKeyDeletion',
};
const FAULTS: Record<KmsFault, Meddling> = {
  throttled: refusal.json(400, 'ThrottlingException'),
  'not visible': refusal.json(400, 'NotFoundException'),
  dropped: 'drop',
  'answer lost': 'drop-after',
};

export function kmsUnderTest(aws: AwsUnderTest, proxy: AwsProxy, clients: AwsClients): KmsUnderTest {
  const issuer = freshIssuer();
  const role = (of: string) => `arn:aws:iam::${aws.accountId}:role/${of}`;
  const roles = { signerRoleArn: role('signer'), rotatorRoleArns: [role('rotator'), role('operator')] };
  const { kms, kmsOnce, tagging } = clients;
  const keysOf = (own: string) => new KmsKeys({ kms, kmsOnce, tagging, issuer: own, roles });
  const expectedTags = ({ id, algorithm }: Intent) => ({
    [TAGS.issuer]: issuer,
    [TAGS.intent]: id,
    [TAGS.algorithm]: algorithm,
  });
  return {
    keys: keysOf(issuer),
    signer: new KmsSigner(clients.kmsSigning),
    now: seconds,
    otherIssuer: keysOf(freshIssuer()),
    expectedTags,
    owned: async (KeyId) => {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
      const { Tags = [] } = await kms.send(new ListResourceTagsCommand({ KeyId }));
      return {
        isEnabled: KeyMetadata?.Enabled === true,
        tags: Object.fromEntries(Tags.map(({ TagKey = '', TagValue = '' }) => [TagKey, TagValue])),
      };
    },
    forge: async (forgery, intent) => {
      const ours = keyPolicy(roles, intent.algorithm);
      const { KeySpec, policy, tags } = forged(forgery, ours, expectedTags(intent), role('intruder'));
      const { KeyMetadata } = await kms.send(
        new CreateKeyCommand({
          KeySpec,
          KeyUsage: 'SIGN_VERIFY',
          Policy: policy,
          Tags: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
        }),
      );
      return KeyMetadata?.Arn ?? '';
    },
    connection: {
      fault: (operation, fault, times = 1) => proxy.meddle(OPERATIONS[operation], FAULTS[fault], times),
      lie: (operation, lie) => proxy.rewrite(OPERATIONS[operation], lies(operation, lie)),
      calls: (operation) => proxy.count(OPERATIONS[operation]),
      unreachable: new KmsSigner(awsClients('http://127.0.0.1:1').kmsSigning),
    },
  };
}

function forged(
  forgery: Forgery,
  policy: ReturnType<typeof keyPolicy>,
  tags: Readonly<Record<string, string>>,
  intruder: string,
): { KeySpec: KeySpec; policy: string; tags: Readonly<Record<string, string>> } {
  const asMade = { KeySpec: 'ECC_NIST_P256' as const, policy: JSON.stringify(policy), tags };
  const { [TAGS.algorithm]: _, ...withoutAlgorithm } = tags;
  switch (forgery) {
    case 'another policy': {
      const open = { Sid: 'Open', Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' };
      return { ...asMade, policy: JSON.stringify({ Version: '2012-10-17', Id: policy.Id, Statement: [open] }) };
    }
    case 'one more statement': {
      const more = { Effect: 'Allow', Principal: { AWS: intruder }, Action: 'kms:Verify', Resource: '*' };
      return { ...asMade, policy: JSON.stringify({ ...policy, Statement: [...policy.Statement, more] }) };
    }
    case 'another role':
      return { ...asMade, policy: asMade.policy.replaceAll(/arn:aws:iam::\d+:role\/signer/g, intruder) };
    case 'no algorithm tag':
      return { ...asMade, tags: withoutAlgorithm };
    case 'an unknown algorithm tag':
      return { ...asMade, tags: { ...tags, [TAGS.algorithm]: 'toString' } };
    case 'another specification':
      return { ...asMade, KeySpec: 'ECC_NIST_P384' };
    case 'the policy in another format': {
      const Statement = policy.Statement.map((one) => Object.fromEntries(Object.entries(one).reverse()));
      return { ...asMade, policy: JSON.stringify({ Statement, Id: policy.Id, Version: policy.Version }, undefined, 3) };
    }
  }
}

function lies(operation: KmsOperation, lie: Lie): (answer: Answer) => Answer {
  const change = (members: Record<string, unknown>) => withMembers((answer) => ({ ...answer, ...members }));
  const kinds = operation === 'create' ? metadataLie : change;
  switch (lie) {
    case 'another key':
      return change({ KeyId: `arn:aws:kms:us-east-1:000000000000:key/${randomUUID()}` });
    case 'another kind of key':
      return kinds({ KeySpec: 'RSA_4096' });
    case 'another algorithm':
      return change({ SigningAlgorithm: 'ECDSA_SHA_512', SigningAlgorithms: ['ECDSA_SHA_512'] });
    case 'a short signature':
      return withMembers(({ Signature, ...rest }) => ({
        ...rest,
        Signature: Buffer.from(String(Signature), 'base64').subarray(1).toString('base64'),
      }));
    case 'nothing':
      return (answer) => ({ ...answer, body: Buffer.from('{}') });
  }
}

const metadataLie = (members: Record<string, unknown>) =>
  withMembers((answer) => ({ KeyMetadata: { ...(answer.KeyMetadata as object), ...members } }));
