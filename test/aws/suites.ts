/** The conformance suites over lib/aws and the real SDK, for any endpoint that speaks AWS. */
import { randomUUID } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { DynamoDbKeyringStore } from '../../lib/aws/dynamodb-keyrings.ts';
import { HttpsEdge } from '../../lib/aws/https-edge.ts';
import { LambdaCanary } from '../../lib/aws/lambda-canary.ts';
import { S3Publisher } from '../../lib/aws/s3-publisher.ts';
import { canary } from '../conformance/canary.ts';
import { type EdgeUnderTest, edge } from '../conformance/edge.ts';
import { keyManager } from '../conformance/key-manager.ts';
import { type KeyringStoreUnderTest, keyringStore, type RawItem } from '../conformance/keyring-store.ts';
import { type PublisherUnderTest, publisher, publishing } from '../conformance/publisher.ts';
import { signer } from '../conformance/signer.ts';
import { type AwsClients, awsClients } from './clients.ts';
import { kmsUnderTest } from './kms.ts';
import { misbehavingEdge } from './misbehaving-edge.ts';
import { AwsProxy, refusal } from './proxy.ts';
import { type AwsUnderTest, freshIssuer, seconds } from './under-test.ts';

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
      writes: () => proxy.count('PutObject'),
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
