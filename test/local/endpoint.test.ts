import { CreateInvalidationCommand, GetInvalidationCommand } from '@aws-sdk/client-cloudfront';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, ListKeysCommand } from '@aws-sdk/client-kms';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from '../../lib/local/endpoint.ts';
import { type Stack, startStack } from '../../lib/local/stack.ts';
import type { AwsCall } from '../../lib/local/wire.ts';
import { clients } from './clients.ts';

let stack: Stack;
let aws: ReturnType<typeof clients>;
let calls: AwsCall[] = [];
let before: (call: AwsCall) => Promise<Fault | undefined> | Fault | undefined = () => undefined;

beforeAll(async () => {
  stack = await startStack({
    tableName: 'keyrings',
    bucketName: 'documents',
    distributionId: 'E1',
    functions: () => [],
    routes: { sign: 'sign', operate: 'operate', rotate: 'rotate' },
    onCall: (call) => calls.push(call),
    before: (call) => before(call),
  });
  aws = clients(stack.awsEndpointUrl);
});
afterEach(() => {
  before = () => undefined;
  calls = [];
});
afterAll(() => stack.close());

const createKey = () => aws.kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }));
const put = (Body: string) => aws.s3.send(new PutObjectCommand({ Bucket: 'documents', Key: 'public/a', Body }));
const body = async (path: string): Promise<string> => (await fetch(stack.url + path)).text();

describe('DynamoDB', () => {
  const put = (revision: number, expected: string) =>
    aws.dynamodb.send(
      new PutItemCommand({
        TableName: 'keyrings',
        Item: { issuer: { S: 'https://i' }, revision: { N: `${revision}` } },
        ConditionExpression: expected,
      }),
    );

  test('of twenty conditional writers one wins', async () => {
    const writes = Array.from({ length: 20 }, (_, n) => put(n, 'attribute_not_exists(issuer)'));
    const results = await Promise.allSettled(writes);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const losers = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.name] : []));
    expect(new Set(losers)).toEqual(new Set(['ConditionalCheckFailedException']));
  });

  test('every answer tells the time', async () => {
    const command = new GetItemCommand({
      TableName: 'keyrings',
      Key: { issuer: { S: 'https://none' } },
      ConsistentRead: true,
    });
    let date = '';
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        date = (result.response as { headers: Record<string, string> }).headers.date ?? '';
        return result;
      },
      { step: 'deserialize', priority: 'low' },
    );
    await aws.dynamodb.send(command);
    expect(Math.abs(Date.parse(date) - Date.now())).toBeLessThan(2000);
  });
});

describe('CloudFront', () => {
  const invalidate = (paths: string[], CallerReference: string, DistributionId = 'E1') =>
    aws.cloudfront.send(
      new CreateInvalidationCommand({
        DistributionId,
        InvalidationBatch: { CallerReference, Paths: { Quantity: paths.length, Items: paths } },
      }),
    );

  test('an invalidation makes the edge ask again', async () => {
    await put('1');
    expect(await body('/a')).toBe('1');
    await put('2');
    expect(await body('/a')).toBe('1');
    const { Invalidation, $metadata } = await invalidate(['/a', '/b/*'], 'one & <only>');
    expect($metadata.httpStatusCode).toBe(201);
    expect(Invalidation).toMatchObject({
      Status: 'InProgress',
      InvalidationBatch: { CallerReference: 'one & <only>', Paths: { Quantity: 2, Items: ['/a', '/b/*'] } },
    });
    expect(await body('/a')).toBe('2');
    const got = await aws.cloudfront.send(new GetInvalidationCommand({ DistributionId: 'E1', Id: Invalidation?.Id }));
    expect(got.Invalidation).toMatchObject({ Id: Invalidation?.Id, Status: 'Completed' });
    expect((await invalidate(['/a', '/b/*'], 'one & <only>')).Invalidation?.Id).toBe(Invalidation?.Id);
    await expect(invalidate(['/c'], 'one & <only>')).rejects.toMatchObject({ name: 'InvalidationBatchAlreadyExists' });
  });

  test('refusals', async () => {
    await expect(invalidate(['/a'], 'x', 'E2')).rejects.toMatchObject({ name: 'NoSuchDistribution' });
    await expect(invalidate(['a'], 'x')).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(invalidate(['/*/a'], 'x')).rejects.toMatchObject({ name: 'InvalidArgument' });
    const unknown = new GetInvalidationCommand({ DistributionId: 'E1', Id: 'I0' });
    await expect(aws.cloudfront.send(unknown)).rejects.toMatchObject({ name: 'NoSuchInvalidation' });
  });
});

describe('every call is told before it happens', () => {
  test('with its service, operation, input and caller', async () => {
    await createKey();
    await put('x');
    await aws.dynamodb.send(new GetItemCommand({ TableName: 'keyrings', Key: { issuer: { S: 'i' } } }));
    await expect(aws.lambda.send(new InvokeCommand({ FunctionName: 'f', Qualifier: 'q' }))).rejects.toThrow();
    expect(calls).toMatchObject([
      { service: 'kms', operation: 'CreateKey', input: { KeySpec: 'ECC_NIST_P256' }, accessKeyId: 'AKIALOCALtest' },
      { service: 's3', operation: 'PutObject', input: { bucket: 'documents', key: 'public/a', query: {} } },
      { service: 'dynamodb', operation: 'GetItem', input: { TableName: 'keyrings', Key: { issuer: { S: 'i' } } } },
      {
        service: 'lambda',
        operation: 'Invoke',
        input: { FunctionName: 'f', Qualifier: 'q', InvocationType: 'RequestResponse' },
      },
    ]);
  });
});

describe('faults', () => {
  const keys = () => stack.kms.resources().length;

  test.for([
    ['kms', createKey],
    ['s3', () => put('x')],
    ['dynamodb', () => aws.dynamodb.send(new GetItemCommand({ TableName: 'keyrings', Key: { issuer: { S: 'i' } } }))],
    ['cloudfront', () => aws.cloudfront.send(new GetInvalidationCommand({ DistributionId: 'E1', Id: 'I' }))],
    ['lambda', () => aws.lambda.send(new InvokeCommand({ FunctionName: 'f' }))],
  ] as const)('of %s carry their name to the SDK', async ([, send]) => {
    before = () => ({ status: 400, code: 'ThrottlingException', message: 'slow down' });
    await expect(send()).rejects.toMatchObject({ name: 'ThrottlingException', message: 'slow down' });
  });

  test('drop loses the call', async () => {
    before = () => 'drop';
    const count = keys();
    await expect(createKey()).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(keys()).toBe(count);
  });

  test('drop-after loses only the answer', async () => {
    before = () => 'drop-after';
    const count = keys();
    await expect(createKey()).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(keys()).toBe(count + 1);
  });

  test('a call may be held for a while', async () => {
    before = () => new Promise((resolve) => setTimeout(() => resolve(undefined), 100));
    const started = performance.now();
    await aws.kms.send(new ListKeysCommand({}));
    expect(performance.now() - started).toBeGreaterThanOrEqual(95);
  });

  test('a failing read of the bucket fails the read alone, not the edge', async () => {
    await put('x');
    before = ({ operation }) =>
      operation === 'GetObject' ? { status: 503, code: 'SlowDown', message: '' } : undefined;
    const read = new GetObjectCommand({ Bucket: 'documents', Key: 'public/a' });
    await expect(aws.s3.send(read)).rejects.toMatchObject({ name: 'SlowDown' });
    expect((await fetch(`${stack.url}/a?x`)).status).toBe(200);
  });
});

test.for([
  ['nothing', {}],
  [
    'the name of another host',
    { authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/kms/aws4_request, x', host: 'evil.example' },
  ],
])('a call that is signed by %s is refused', async ([, headers]) => {
  const { request } = await import('node:http');
  const status = await new Promise((resolve) => {
    request(stack.awsEndpointUrl, { method: 'POST', headers: headers as Record<string, string> }, (answer) =>
      resolve(answer.statusCode),
    ).end('{}');
  });
  expect(status).toBe(403);
});
