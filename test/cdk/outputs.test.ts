/** The outputs of a stack, and how the keyturn command reads them: each issuer's apart, under the plain names. */
import { CfnOutput } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { issuersOf } from '../../lib/aws/stack-outputs.ts';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';
import { ISSUER, issuerIn } from './synth.ts';

const PLAIN =
  'IssuerUrl JwksUrl SignFunctionName SignUrl OperateFunctionName ScheduleName SignLogGroupName TableName BucketName DistributionId DistributionDomain'.split(
    ' ',
  );
const SECOND = 'https://id.example.com';

/** As `describe-stacks` gives them, with the texts of intrinsic functions for values. */
function described(stack: Parameters<typeof Template.fromStack>[0]): Record<string, string> {
  const { Outputs } = Template.fromStack(stack).toJSON() as { Outputs: Record<string, { Value: unknown }> };
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return Object.fromEntries(Object.entries(Outputs).map(([name, { Value }]) => [name, text(Value)]));
}

describe('the command finds', () => {
  test('the one issuer of a stack by the plain names', () => {
    const outputs = described(issuerIn().stack);
    expect(Object.keys(outputs)).toEqual(PLAIN);
    expect(issuersOf(outputs)).toEqual([outputs]);
  });

  test('each of several, wherever its construct is', () => {
    const { stack, issuer } = issuerIn();
    const third = new TokenIssuer(new Construct(stack, 'Team-2'), 'Issuer', { issuer: `${ISSUER}/3` });
    third.addClient('orders-api', {
      role: Role.fromRoleArn(stack, 'Orders', 'arn:aws:iam::111122223333:role/orders'),
      audiences: ['a'],
    });
    const second = new TokenIssuer(stack, 'Second', { issuer: SECOND });
    const issuers = issuersOf(described(stack));
    expect(issuers.map(({ IssuerUrl }) => IssuerUrl).sort()).toEqual([ISSUER, `${ISSUER}/3`, SECOND]);
    for (const one of [issuer, second, third]) {
      const own = issuers.find(({ IssuerUrl }) => IssuerUrl === one.issuerUrl) ?? {};
      expect(own.TableName).toBe(JSON.stringify(stack.resolve(one.table.tableName)));
      const url = one === third ? 'SignUrlOrdersApi' : 'SignUrl';
      expect(Object.keys(own)).toEqual(expect.arrayContaining(PLAIN.map((name) => (name === 'SignUrl' ? url : name))));
    }
  });

  test('the first that was made, wherever it stands in the tree', () => {
    const { stack } = issuerIn((scope) => {
      new Construct(scope, 'Before');
      return {};
    });
    new TokenIssuer(stack.node.findChild('Before') as Construct, 'Second', { issuer: SECOND });
    const outputs = described(stack);
    expect(outputs.IssuerUrl).toBe(ISSUER);
    expect(issuersOf(outputs)).toHaveLength(2);
  });

  test('none in another stack', () => expect(issuersOf({ Url: 'https://x' })).toEqual([]));
});

test.each(['before', 'after'])('an output of the same name, made %s the issuer, is told whose it is', (when) => {
  const own = (scope: Construct) => new CfnOutput(scope, 'IssuerUrl', { value: 'x' });
  const { app, stack } = issuerIn((scope) => {
    if (when === 'before') own(scope);
    return {};
  });
  if (when === 'after') own(stack);
  expect(() => app.synth()).toThrow("output IssuerUrl must be the issuer's, found Keyturn/IssuerUrl: give that one");
});
