import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DynamoDbTickRecords } from '../../lib/aws/tick-records.ts';
import { parsePolicy } from '../../lib/core/config.ts';
import { type Issuer, startIssuer } from './issuer.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer?.close());

test('before the first tick there is no keyring to sign with', async () => {
  const response = await issuer.post({ audience: 'a', claims: { sub: 's' } });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('5');
  expect(await response.json()).toMatchObject({ status: 503, code: 'keyring_missing' });
  expect(issuer.calls).toEqual(['sign dynamodb.GetItem']);
});

test('the first tick makes a key, publishes it, activates it and leaves a standby', async () => {
  const { steps, holds, documentVersion } = await issuer.report();
  expect(steps.map(({ step }) => step)).toEqual([
    ...['intend', 'create', 'publish', 'observe', 'activate'],
    ...['intend', 'create', 'publish', 'observe'],
  ]);
  expect(holds).toEqual([]);
  expect(documentVersion).toBe(2);
});

test('the rotator never signs and never reads a private key, and only the canary is signed for it', () => {
  const calls = new Set(issuer.calls);
  expect([...calls].filter((call) => call.endsWith('kms.Sign'))).toEqual(['sign kms.Sign']);
  expect([...calls].filter((call) => call.startsWith('sign ')).sort()).toEqual([
    'sign dynamodb.GetItem',
    'sign kms.Sign',
  ]);
  expect(issuer.calls.filter((call) => call === 'sign kms.Sign')).toHaveLength(1);
});

test('a second tick finds nothing to do, and changes nothing but the record of ticks', async () => {
  issuer.calls.length = 0;
  expect(await issuer.report()).toMatchObject({ steps: [], holds: [], documentVersion: 2 });
  const changes = /\.(?:Put|Create|Disable|Schedule|Delete|Tag|Sign|Invoke)/;
  expect(issuer.calls.filter((call) => changes.test(call))).toEqual(['rotate dynamodb.PutItem']);
});

test('every step left one line with revision, version, kids and why', () => {
  const all = issuer.lines.filter(({ name }) => name === 'rotate').map(({ line }) => JSON.parse(line));
  const lines = all.filter(({ event }) => event === 'step');
  expect(lines).toHaveLength(9);
  expect(all).toEqual(lines);
  for (const line of lines) {
    const { kid: _, signing: __, tokenLifetime: ___, leadWaived: ____, ...rest } = line;
    expect(rest).toEqual({
      event: 'step',
      at: expect.any(Number),
      issuer: issuer.policy.issuer,
      revision: expect.any(Number),
      documentVersion: expect.any(Number),
      kids: expect.any(Array),
      step: expect.any(String),
      why: expect.any(String),
    });
  }
});

test('the last tick is on record beside the keyring, with the policy that it decided by', async () => {
  const client = new DynamoDBClient({
    endpoint: issuer.awsEndpointUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const record = await new DynamoDbTickRecords(client, 'keyturn', issuer.policy.issuer).read();
  expect(record).toMatchObject({ report: { steps: [], holds: [], keys: [{ state: 'active' }, { state: 'pending' }] } });
  expect(parsePolicy(record?.policy)).toEqual(issuer.policy);
  expect(Date.now() / 1000 - (record?.at ?? 0)).toBeLessThan(60);
});
