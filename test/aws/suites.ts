/** The conformance suites over lib/aws and the real SDK, for any endpoint that speaks AWS. */
import { randomUUID } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, DescribeKeyCommand, type KeySpec, ListResourceTagsCommand } from '@aws-sdk/client-kms';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { DynamoDbKeyringStore } from '../../lib/aws/dynamodb-keyrings.ts';
import { HttpsEdge } from '../../lib/aws/https-edge.ts';
import { keyPolicy } from '../../lib/aws/key-policy.ts';
import { KmsKeys, TAGS } from '../../lib/aws/kms-keys.ts';
import { KmsSigner } from '../../lib/aws/kms-signer.ts';
import { LambdaCanary } from '../../lib/aws/lambda-canary.ts';
import { S3Publisher } from '../../lib/aws/s3-publisher.ts';
import type { Intent } from '../../lib/core/keyring.ts';
import { canary } from '../conformance/canary.ts';
import { type EdgeUnderTest, edge } from '../conformance/edge.ts';
import { keyManager } from '../conformance/key-manager.ts';
import { type KeyringStoreUnderTest, keyringStore, type RawItem } from '../conformance/keyring-store.ts';
import type { Forgery, KmsFault, KmsOperation, KmsUnderTest, Lie } from '../conformance/kms.ts';
import { type PublisherUnderTest, publisher, publishing } from '../conformance/publisher.ts';
import { signer } from '../conformance/signer.ts';
import { type AwsClients, awsClients } from './clients.ts';
import { misbehavingEdge } from './misbehaving-edge.ts';
import { type Answer, AwsProxy, type Meddling, refusal, withMembers } from './proxy.ts';

/** An AWS, or what stands in for one, with the resources of one deployment. */
export interface AwsUnderTest {
  readonly endpoint: string;
  readonly accountId: string;
  readonly tableName: string;
  readonly bucketName: string;
  readonly distributionId: string;
  /** Where the edge in front of the bucket answers. Absent: there is none. */
  readonly edgeUrl?: string;
  readonly close: () => Promise<void>;
}

/** Registers every suite. `start` runs once; each test has an issuer of its own. */
export function awsSuites(
  name: string,
  start: () => Promise<AwsUnderTest>,
  has: { edge: boolean; canary: boolean },
): void {
  let aws: AwsUnderTest;
  let proxy: AwsProxy;
  let clients: AwsClients;
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    aws = await start();
    closers.push(aws.close);
    proxy = await AwsProxy.start(aws.endpoint);
    closers.push(() => proxy.close());
    clients = awsClients(proxy.url);
  });
  afterEach(() => proxy.reset());
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  keyringStore(name, async () => keyringStoreUnderTest(aws, proxy, clients));
  keyManager(name, async () => kmsUnderTest(aws, proxy, clients));
  signer(name, async () => kmsUnderTest(aws, proxy, clients));
  publisher(name, async () => publisherUnderTest(aws, proxy, clients));
  publishing(name, async () => publisherUnderTest(aws, proxy, clients));
  if (has.edge) edge(name, async () => edgeUnderTest(aws, clients, closers));
  if (!has.canary) return;
  const invoking = (functionName: string) => async () => new LambdaCanary(clients.lambda, functionName);
  canary(name, {
    ready: invoking('ready'),
    withoutStandby: invoking('without-standby'),
    broken: {
      'throws an error of another kind': invoking('throws'),
      'answers null': invoking('null'),
      'answers without a token': invoking('empty'),
      'answers a token that is no text': invoking('number'),
      'throws what is no error': invoking('throws-text'),
      exits: invoking('exits'),
    },
    unasked: {
      'there is no such function': invoking('nobody'),
      'it has no alias for the rotator': invoking('no-alias'),
    },
  });
}

const seconds = () => Date.now() / 1000;
const freshIssuer = () => `https://${randomUUID()}.example`;

function keyringStoreUnderTest(aws: AwsUnderTest, proxy: AwsProxy, clients: AwsClients): KeyringStoreUnderTest {
  const issuer = freshIssuer();
  const { tableName } = aws;
  const storeOf = (dynamodb = clients.dynamodb, own = issuer) =>
    new DynamoDbKeyringStore({ dynamodb, tableName, issuer: own, clock: seconds });
  return {
    issuer,
    store: storeOf(),
    second: storeOf(clients.dynamodbOnce),
    now: seconds,
    otherIssuer: storeOf(clients.dynamodb, freshIssuer()),
    beforeNextSave: (run) => inBetween(proxy, 'PutItem', run),
    connection: {
      once: storeOf(clients.dynamodbOnce),
      break: (when, attempts = 1) => proxy.meddle('PutItem', when === 'after' ? 'drop-after' : 'drop', attempts),
      attempts: () => proxy.count('PutItem'),
    },
    putRaw: ({ schema, revision, keyring }: RawItem) =>
      clients.dynamodb
        .send(
          new PutItemCommand({
            TableName: tableName,
            Item: {
              issuer: { S: issuer },
              writer: { S: randomUUID() },
              ...(schema !== undefined && { schema: typeof schema === 'number' ? { N: `${schema}` } : { S: schema } }),
              ...(revision !== undefined && { revision: { N: `${revision}` } }),
              ...(keyring !== undefined && { keyring: { S: keyring } }),
            },
          }),
        )
        .then(() => undefined),
    dated: (ahead) => {
      proxy.rewrite('GetItem', ({ headers, ...answer }) => ({
        ...answer,
        headers: { ...headers, date: new Date(Date.now() + ahead * 1000).toUTCString() },
      }));
      // The SDK remembers the clock of the server that it met: a client of its own.
      return storeOf(awsClients(proxy.url).dynamodb);
    },
  };
}

/** Holds the next call of the operation while `run` makes calls of the same kind. */
function inBetween(proxy: AwsProxy, operation: string, run: () => Promise<unknown>): void {
  proxy.meddle(operation, async () => {
    await run();
    return undefined;
  });
}

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

function kmsUnderTest(aws: AwsUnderTest, proxy: AwsProxy, clients: AwsClients): KmsUnderTest {
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

function publisherUnderTest(aws: AwsUnderTest, proxy: AwsProxy, clients: AwsClients): PublisherUnderTest {
  const { s3, cloudfront } = clients;
  const { bucketName, distributionId } = aws;
  const publisherOf = (own = bucketName) => new S3Publisher({ s3, cloudfront, bucketName: own, distributionId });
  return {
    publisher: publisherOf(),
    second: publisherOf(),
    remove: async (path) => {
      await s3.send(new DeleteObjectCommand({ Bucket: bucketName, Key: `public${path}` }));
    },
    beforeNextWrite: (run) => inBetween(proxy, 'PutObject', run),
    connection: {
      loseNextAnswer: () => proxy.meddle('PutObject', 'drop-after'),
      refuse: (operation, status, code) => {
        const name = { read: 'GetObject', write: 'PutObject', invalidate: 'CreateInvalidation' }[operation];
        proxy.meddle(name, refusal[operation === 'invalidate' ? 'cloudfront' : 's3'](status, code), 10);
      },
      invalidated: () =>
        proxy.calls
          .filter(({ operation }) => operation === 'CreateInvalidation')
          .map(({ body }) => [...body.matchAll(/<Path>(.*?)<\/Path>/g)].map(([, path = '']) => unescaped(path))),
      misconfigured: publisherOf(`no-such-bucket-${randomUUID()}`),
    },
  };
}

const unescaped = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

function edgeUnderTest(aws: AwsUnderTest, clients: AwsClients, closers: (() => Promise<void>)[]): EdgeUnderTest {
  const { s3, cloudfront } = clients;
  const { bucketName, distributionId, edgeUrl = '' } = aws;
  return {
    edge: new HttpsEdge(edgeUrl),
    publisher: new S3Publisher({ s3, cloudfront, bucketName, distributionId }),
    misbehaving: async (how) => {
      const { url, close } = await misbehavingEdge(how);
      closers.push(close);
      return new HttpsEdge(url, 300);
    },
  };
}
