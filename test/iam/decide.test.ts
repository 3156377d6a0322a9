/** Who is let through, as the IAM User Guide's flow chart and its tables for one account and for two have it. */
import { describe, expect, test } from 'vitest';
import { decide, type Principal, type Request } from './decide.ts';
import { matchesAction, matchesResource } from './patterns.ts';
import { statementsOf } from './policy.ts';

const [HOME, AWAY] = ['111122223333', '444455556666'];
const role = (account: string) => ({ arn: `arn:aws:iam::${account}:role/r` });
const SERVICE = { service: 'cloudfront.amazonaws.com' };
const RESOURCE = 'arn:aws:s3:::b/o';

const ask = (principal: Principal): Request => ({ principal, action: 's3:GetObject', resource: RESOURCE, context: {} });
const policy = (kind: 'onIdentity' | 'onResource', ...statements: object[]) =>
  statementsOf('p', { Version: '2012-10-17', Statement: statements }, kind);
const identity = (effect: string) => policy('onIdentity', { Effect: effect, Action: 's3:*', Resource: '*' });
const resource = (effect: string, principal: unknown, isTheOnlyWay = false) => ({
  account: HOME,
  statements: policy('onResource', {
    Effect: effect,
    Principal: principal,
    Action: 's3:Get*',
    Resource: `${RESOURCE}*`,
  }),
  isTheOnlyWay,
});
const ALLOWED = identity('Allow');
const DENIED = identity('Deny');
const [ROOT, AWAY_ROOT] = [HOME, AWAY].map((account) => ({ AWS: `arn:aws:iam::${account}:root` }));
const [ITSELF, FOREIGNER] = [HOME, AWAY].map((account) => ({ AWS: role(account).arn }));

describe('within an account', () => {
  test.for([
    ['nobody says anything', [], undefined, false],
    ['the identity policy allows', ALLOWED, undefined, true],
    ['the resource policy allows the role', [], resource('Allow', ITSELF), true],
    ['the resource policy allows everybody', [], resource('Allow', '*'), true],
    ['the resource policy allows the account', [], resource('Allow', ROOT), false],
    ['the resource policy allows the account by its number', ALLOWED, resource('Allow', { AWS: HOME }), true],
    ['the resource policy allows another role', [], resource('Allow', FOREIGNER), false],
    ['the identity policy denies', DENIED, resource('Allow', ITSELF), false],
    ['the resource policy denies', ALLOWED, resource('Deny', '*'), false],
    ['the resource policy denies the account', ALLOWED, resource('Deny', ROOT), false],
    ['the resource policy denies another role', ALLOWED, resource('Deny', FOREIGNER), true],
    ['the resource policy says nothing', ALLOWED, resource('Allow', FOREIGNER), true],
  ] as const)('%s', ([, own, its, expected]) => {
    expect(decide(ask(role(HOME)), own, its).allowed).toBe(expected);
  });
});

describe('a key or a role, which only their own policy opens', () => {
  test.for([
    ['the identity policy alone', ALLOWED, resource('Allow', FOREIGNER, true), false],
    ['the account is allowed, and the identity policy allows', ALLOWED, resource('Allow', ROOT, true), true],
    ['the account is allowed, and the identity policy says nothing', [], resource('Allow', ROOT, true), false],
    ['the role is allowed', [], resource('Allow', ITSELF, true), true],
    ['the role is allowed, and the identity policy denies', DENIED, resource('Allow', ITSELF, true), false],
  ] as const)('%s', ([, own, its, expected]) => {
    expect(decide(ask(role(HOME)), own, its).allowed).toBe(expected);
  });
});

describe('from another account', () => {
  test.for([
    ['the identity policy alone', ALLOWED, resource('Allow', ITSELF), false],
    ['the resource policy alone', [], resource('Allow', FOREIGNER), false],
    ['both, for the role', ALLOWED, resource('Allow', FOREIGNER), true],
    ['both, for its account', ALLOWED, resource('Allow', AWAY_ROOT), true],
    ['both, for the account of the resource', ALLOWED, resource('Allow', ROOT), false],
  ] as const)('%s', ([, own, its, expected]) => {
    expect(decide(ask(role(AWAY)), own, its).allowed).toBe(expected);
  });
});

test('a service is allowed by name, and is among everybody', () => {
  const decided = (effect: string, principal: unknown) => decide(ask(SERVICE), [], resource(effect, principal)).allowed;
  expect(decided('Allow', { Service: SERVICE.service })).toBe(true);
  expect(decided('Allow', { Service: 's3.amazonaws.com' })).toBe(false);
  expect(decided('Allow', ROOT)).toBe(false);
  const both = resource('Allow', { Service: SERVICE.service });
  const statements = [...both.statements, ...resource('Deny', '*').statements];
  expect(decide(ask(SERVICE), [], { ...both, statements }).because.map(({ effect }) => effect)).toEqual(['Deny']);
});

describe('an element that is left out of NotAction or NotResource', () => {
  test.for([
    [{ NotAction: 's3:Put*', Resource: '*' }, true],
    [{ NotAction: ['s3:Put*', 's3:Get*'], Resource: '*' }, false],
    [{ Action: '*', NotResource: `${RESOURCE}*` }, false],
    [{ Action: '*', NotResource: 'arn:aws:s3:::other/*' }, true],
  ] as const)('%j', ([elements, expected]) => {
    const own = policy('onIdentity', { Effect: 'Allow', ...elements });
    expect(decide(ask(role(HOME)), own, undefined).allowed).toBe(expected);
  });
});

describe('wildcards', () => {
  test.for([
    ['kms:Describe*', 'kms:DescribeKey', true],
    ['KMS:describekey', 'kms:DescribeKey', true],
    ['kms:Sign', 'kms:SignX', false],
    ['*', 'kms:Sign', true],
  ] as const)('%s of the action %s: %s', ([pattern, action, expected]) => {
    expect(matchesAction(pattern, action)).toBe(expected);
  });

  const sign = 'arn:aws:lambda:us-east-1:111122223333:function:sign';
  test.for([
    [sign, sign, true],
    // A qualifier is another resource: who may invoke the function may not invoke its aliases.
    [sign, `${sign}:canary`, false],
    [`${sign}:*`, `${sign}:canary`, true],
    [`${sign}*`, `${sign}:canary`, true],
    ['arn:aws:lambda:us-*-1:111122223333:function:sign', sign, true],
    ['arn:aws:l*1:111122223333:function:sign', sign, false],
    ['*', sign, true],
    ['*', '*', true],
    [sign, '*', false],
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b', false],
    ['arn:aws:s3:::b/*/c', 'arn:aws:s3:::b/x/y/c', true],
    ['arn:aws:s3:::B/*', 'arn:aws:s3:::b/x', false],
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b/x\ny', true],
  ] as const)('%s of the resource %s: %s', ([pattern, arn, expected]) => {
    expect(matchesResource(pattern, arn)).toBe(expected);
  });
});

describe('what is not known is refused', () => {
  const variable = `\${aws:username}`;
  const read =
    (statement: object, kind: 'onIdentity' | 'onResource' = 'onIdentity') =>
    () =>
      policy(kind, { Effect: 'Allow', Action: 's3:*', Resource: '*', ...statement });
  test.for([
    [read({ NotPrincipal: '*' }, 'onResource'), 'NotPrincipal'],
    [read({ Condition: { StringEquals: { a: variable } } }), 'policy variables'],
    [read({ Resource: `arn:aws:s3:::b/${variable}` }), 'policy variables'],
    [read({ Resource: { Ref: 'Bucket' } }), 'Ref'],
    [read({ Effect: 'Maybe' }), 'Effect'],
    [read({}, 'onResource'), 'Principal'],
    [read({ Principal: '*' }), 'Principal'],
    [() => statementsOf('p', { Version: '2008-10-17', Statement: [] }, 'onIdentity'), 'Version'],
    [() => decide(ask(SERVICE), [], resource('Allow', { Federated: 'x' })), 'Federated'],
    [() => decide(ask(SERVICE), [], resource('Allow', { AWS: 'arn:aws:iam::111122223333:role/*' })), 'no principal'],
  ] as const)('%#', ([reading, named]) => {
    expect(reading).toThrow(named);
  });
});
