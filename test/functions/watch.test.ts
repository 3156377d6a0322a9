/** What the watch function says of others' hands, and that it says it when the table is what they were on. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { keyEvent, trailEvent } from '../cdk/trail-events.ts';
import { type Issuer, startSigning } from './issuer.ts';
import { KeyringItem } from './keyring-item.ts';
import { runFunction } from './run-function.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startSigning({ config: { algorithm: 'ES256' } });
});
beforeEach(() => {
  issuer.before = undefined;
  issuer.calls.length = 0;
});
afterAll(() => issuer?.close());

const watch = (event: object) => {
  const environment = { KEYTURN_ISSUER: issuer.policy.issuer, KEYTURN_TABLE: 'keyturn', KEYTURN_METRICS: 'yes' };
  return runFunction(issuer, 'watch', environment, event);
};
const noTable = () => {
  issuer.before = ({ service }) =>
    service === 'dynamodb'
      ? { status: 400, code: 'ResourceNotFoundException', message: 'Requested resource not found' }
      : undefined;
};
const on = (requestParameters: object) => ({ requestParameters });

test('a table that is deleted, a table and a bucket that are changed: without the keyring', async () => {
  noTable();
  const events = [
    trailEvent('dynamodb', 'DeleteTable', on({ tableName: 'keyturn' })),
    trailEvent('s3', 'PutBucketPolicy', on({ bucketName: 'documents' })),
  ];
  const lines = (await Promise.all(events.map(watch))).flat();
  expect(lines).toMatchObject([
    { event: 'touched', call: 'dynamodb:DeleteTable', on: 'keyturn', Touched: 1 },
    { event: 'touched', call: 's3:PutBucketPolicy', on: 'documents', Touched: 1 },
  ]);
  for (const line of lines) expect(line).not.toHaveProperty('unread');
  expect(issuer.calls).toEqual([]);
});

test('a key, by the keyring: ours with its kid, and nobody else’s', async () => {
  const [key] = (await new KeyringItem(issuer).keyring()).keys;
  issuer.calls.length = 0;
  const ours = await watch(keyEvent('DisableKey', {}, key?.keyArn));
  expect(ours).toMatchObject([{ event: 'touched', call: 'kms:DisableKey', kid: key?.kid, Touched: 1 }]);
  expect(await watch(keyEvent('DisableKey'))).toEqual([]);
  expect(issuer.calls).toHaveLength(2);
});

test('a key of which nobody can say whose it is may be ours, and it says why', async () => {
  noTable();
  const lines = await watch(keyEvent('DisableKey'));
  const unread = 'the keyring table could not be read (ResourceNotFoundException)';
  expect(lines).toMatchObject([{ event: 'touched', call: 'kms:DisableKey', unread, Touched: 1 }]);
  expect(lines[0]).not.toHaveProperty('kid');
});
