/** Whose hand a trail's event shows, and on what. */
import { describe, expect, test } from 'vitest';
import { TAGS } from '../../lib/aws/kms-keys.ts';
import { TAGS as CDK_TAGS } from '../../lib/cdk/permissions.ts';
import type { Keyring } from '../../lib/core/keyring.ts';
import { ISSUER_TAG, isOfKey, touchOf } from '../../lib/core/touched.ts';
import { acting, KEY_ARN, keyEvent, trailEvent } from '../cdk/trail-events.ts';

const ISSUER = 'https://auth.example.com';
const keyring = (...arns: string[]): Keyring =>
  ({ keys: arns.map((keyArn, index) => ({ kid: `kid-${index}`, keyArn, state: 'retired' })) }) as unknown as Keyring;
const OURS = keyring('arn:aws:kms:us-east-1:111122223333:key/other', KEY_ARN);
const seen = (event: unknown, known: Keyring | undefined = OURS) => touchOf(event, known, ISSUER);

describe('a key', () => {
  test('of the keyring, whatever its state, with who and what', () => {
    expect(seen(keyEvent('DisableKey'))).toEqual({
      call: 'kms:DisableKey',
      on: KEY_ARN,
      kid: 'kid-1',
      by: 'arn:aws:iam::111122223333:user/Alice',
      eventId: '3c4226b0-1e81-48a8-a333-7fa5f3cbd118',
    });
    expect(seen(keyEvent('PutKeyPolicy', { userIdentity: acting('admin') }))?.by).toBe(
      'arn:aws:sts::111122223333:assumed-role/admin/session',
    );
  });

  test('is found in the answer where the trail lists no resources', () => {
    expect(seen(keyEvent('DisableKey', { resources: undefined }))?.kid).toBe('kid-1');
    expect(seen(keyEvent('DisableKey', { responseElements: null }))?.kid).toBe('kid-1');
  });

  test('of somebody else is nothing to us, until it is tagged as ours', () => {
    const tagging = (tagValue: string) =>
      keyEvent('TagResource', { requestParameters: { keyId: 'x', tags: [{ tagKey: ISSUER_TAG, tagValue }] } });
    expect(seen(keyEvent('DisableKey'), keyring())).toBeUndefined();
    expect(seen(tagging('https://id.example.com'), keyring())).toBeUndefined();
    expect(seen(tagging(ISSUER), keyring())).toMatchObject({ call: 'kms:TagResource', on: KEY_ARN });
    expect(seen(tagging(ISSUER), keyring())).not.toHaveProperty('kid');
  });

  test('without a keyring may be ours', () => {
    expect(touchOf(keyEvent('DisableKey'), undefined, ISSUER)).toMatchObject({ on: KEY_ARN });
  });
});

test('table and bucket are what the rules name', () => {
  const put = (requestParameters: object) => seen(trailEvent('dynamodb', 'PutResourcePolicy', { requestParameters }));
  expect(put({ resourceArn: 'arn:table' })).toMatchObject({ call: 'dynamodb:PutResourcePolicy', on: 'arn:table' });
  expect(put({ tableName: 'table' })?.on).toBe('table');
  const bucket = trailEvent('s3', 'PutBucketPolicy', { requestParameters: { bucketName: 'documents' } });
  expect(seen(bucket)).toMatchObject({ call: 's3:PutBucketPolicy', on: 'documents' });
});

test('a write of items names the tables under what it was about, however deep the request has them', () => {
  const resources = ['one', 'two'].map((name) => ({ type: 'AWS::DynamoDB::Table', ARN: `arn:table/${name}` }));
  const requestParameters = { requestItems: [{ operation: 'Put', tableName: 'one' }] };
  const written = trailEvent('dynamodb', 'TransactWriteItems', { requestParameters, resources });
  expect(seen(written)).toMatchObject({ call: 'dynamodb:TransactWriteItems', on: 'arn:table/one arn:table/two' });
});

test('only what was done to a key takes a keyring to judge', () => {
  expect(isOfKey(keyEvent('DisableKey'))).toBe(true);
  for (const service of ['s3', 'dynamodb']) expect(isOfKey(trailEvent(service, 'DeleteTable'))).toBe(false);
  for (const event of [undefined, null, 'x', {}, { detail: [] }]) expect(isOfKey(event)).toBe(false);
});

test('who is not named by an ARN is named by what there is', () => {
  const by = (userIdentity: unknown) => seen(keyEvent('DisableKey', { userIdentity }))?.by;
  expect(by({ type: 'AWSAccount', principalId: 'AIDAEXAMPLE' })).toBe('AIDAEXAMPLE');
  expect(by({ type: 'AWSService' })).toBe('AWSService');
  expect(by(undefined)).toBe('unknown');
});

test('an event of another shape is no failure', () => {
  for (const event of [undefined, null, 'x', {}, { detail: [] }]) expect(() => seen(event)).not.toThrow();
});

test('the tag has the name with which keys are born', () => {
  expect([TAGS.issuer, CDK_TAGS.issuer]).toEqual([ISSUER_TAG, ISSUER_TAG]);
});
