/** What KMS itself demands of a key's policy, before anybody asks for the key. */
import { describe, expect, test } from 'vitest';
import { keyPolicy } from '../../lib/aws/key-policy.ts';
import { ALGORITHMS, type Algorithm } from '../../lib/core/algorithms.ts';
import { ACCOUNT } from '../../lib/local/wire.ts';
import { decide } from './decide.ts';
import { type Statement, statementsOf } from './policy.ts';

type Policy = ReturnType<typeof keyPolicy>;
const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const role = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:role/${name}`;
const ROLES = { signerRoleArn: role('signer'), rotatorRoleArns: [role('rotator'), role('operator')] };
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/new`;

/**
 * CreateKey, "Policy": it must "allow the calling principal to make a subsequent PutKeyPolicy request". Letting the
 * account's identity policies decide is enough, whatever they say now; nothing is known of that request, so a condition
 * would be a guess. https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
function mayBeCreatedBy(arn: string, policy: object): boolean {
  const request = { principal: { arn }, action: 'kms:PutKeyPolicy', resource: KEY, context: {} };
  const statements = statementsOf('key', policy, 'onResource');
  const identity = statementsOf('identity', EVERYTHING, 'onIdentity');
  return decide(request, identity, { account: ACCOUNT, statements, isTheOnlyWay: true }).allowed;
}
const changed = (policy: Policy, change: (statement: Policy['Statement'][number]) => object | undefined) => ({
  ...policy,
  Statement: policy.Statement.flatMap((statement) => change(statement) ?? []),
});

describe.for(Object.keys(ALGORITHMS) as Algorithm[])('the policy of a key for %s', (algorithm) => {
  const policy = keyPolicy(ROLES, algorithm);
  const statements = statementsOf('key', policy, 'onResource');

  test.for(ROLES.rotatorRoleArns)('passes the lockout check for %s', (arn) => {
    expect(mayBeCreatedBy(arn, policy)).toBe(true);
  });

  test('names no role, which might be deleted and made again under another id', () => {
    const principals = statements.flatMap((statement) => Object.values(statement.principals ?? {}).flat());
    expect([...new Set(principals)]).toEqual([`arn:aws:iam::${ACCOUNT}:root`, '*']);
  });

  // https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html: "supported only in IAM policies".
  test('asks for no tag', () => {
    const keys = statements.flatMap(({ conditions }: Statement) => conditions.map(({ key }) => key));
    expect(keys.filter((key) => key.includes('tag'))).toEqual([]);
  });
});

describe('the lockout check', () => {
  const policy = keyPolicy(ROLES, 'RS256');
  const deny = { Sid: 'NobodyChanges', Effect: 'Deny', Principal: '*', Action: 'kms:PutKeyPolicy', Resource: '*' };

  test.for<[what: string, policy: object]>([
    ['the account decides about nothing', changed(policy, (one) => (one.Effect === 'Allow' ? undefined : one))],
    [
      'the account decides about everything but the policy',
      changed(policy, (one) => ({ ...one, Action: [one.Action].flat().filter((action) => action !== 'kms:Put*') })),
    ],
    ['nobody may change the policy', { ...policy, Statement: [...policy.Statement, deny] }],
  ])('fails where %s', ([, changedPolicy]) => {
    expect(mayBeCreatedBy(role('rotator'), changedPolicy)).toBe(false);
  });

  test('fails for a creator of another account', () => {
    expect(mayBeCreatedBy(role('rotator', '444455556666'), policy)).toBe(false);
  });

  test('is no guess where it hangs on a condition', () => {
    const Condition = { StringEquals: { 'aws:PrincipalTag/team': 'keys' } };
    const conditional = changed(policy, (one) => ({ ...one, Condition }));
    expect(() => mayBeCreatedBy(role('rotator'), conditional)).toThrow('nothing is known of aws:principaltag/team');
  });
});
