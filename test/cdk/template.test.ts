/** What the template promises that no emulator enforces: one behaviour a test, the properties that carry it. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../lib/core/config.ts';
import { requireSafe } from '../../lib/core/policy.ts';
import { readSignerPolicy } from '../../lib/core/signer-policy.ts';
import { ISSUER, templateOf } from './synth.ts';

const TEMPLATE = templateOf();
const has = (type: string, properties: unknown) => TEMPLATE.hasResourceProperties(type, properties);
describe('the table', () => {
  test('is paid by request and can go back to any minute', () => {
    has('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'issuer', KeyType: 'HASH' }],
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    });
  });
});

describe('the functions', () => {
  test('run on arm64 and Node 24, each with its own log and without reserved concurrency', () => {
    const functions = Object.values(TEMPLATE.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties,
    );
    expect(functions).toHaveLength(4);
    for (const { Architectures, Runtime, ReservedConcurrentExecutions } of functions) {
      expect([Architectures, Runtime, ReservedConcurrentExecutions]).toEqual([['arm64'], 'nodejs24.x', undefined]);
    }
    expect(new Set(functions.map(({ LoggingConfig }) => LoggingConfig.LogGroup.Ref)).size).toBe(4);
  });

  test('have a memory and logs as asked for', () => {
    const template = templateOf({ memorySize: 1024, logRetention: RetentionDays.ONE_MONTH });
    template.resourcePropertiesCountIs('AWS::Lambda::Function', { MemorySize: 1024 }, 1);
    template.resourcePropertiesCountIs('AWS::Logs::LogGroup', { RetentionInDays: 30 }, 4);
  });

  test('sign through two aliases, at a URL that takes AWS_IAM only', () => {
    const aliases = Object.values(TEMPLATE.findResources('AWS::Lambda::Alias')).map(
      ({ Properties }) => Properties.Name,
    );
    expect(aliases.sort()).toEqual(['any', 'canary']);
    TEMPLATE.resourceCountIs('AWS::Lambda::Url', 1);
    has('AWS::Lambda::Url', { AuthType: 'AWS_IAM', Qualifier: 'any' });
    TEMPLATE.resourceCountIs('AWS::Lambda::Permission', 0);
  });

  test('rotate, operate and deploy are never retried unasked', () => {
    TEMPLATE.resourceCountIs('AWS::Lambda::EventInvokeConfig', 3);
    TEMPLATE.resourcePropertiesCountIs('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0 }, 3);
  });

  test('deploy does not run when nobody waits for its answer any more', () => {
    TEMPLATE.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('^IssuerDeploymentFunction') },
      MaximumEventAgeInSeconds: 900,
    });
  });

  test('read an environment that they understand', () => {
    const template = templateOf({ verifiers: ['alb'], grace: Duration.days(20), secretClaims: ['tenant'] });
    const environments = Object.values(template.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.Environment.Variables,
    );
    const policies = environments
      .filter(({ KEYTURN_POLICY }) => KEYTURN_POLICY)
      .map(({ KEYTURN_POLICY, KEYTURN_BUCKET }) => ({
        isSigner: KEYTURN_BUCKET === undefined,
        json: JSON.parse(KEYTURN_POLICY),
      }));
    for (const { isSigner, json } of policies) {
      const policy = isSigner ? readSignerPolicy(json) : requireSafe(parsePolicy(json));
      expect(policy).toMatchObject({ issuer: ISSUER, maxTokenLifetime: 3600, secretClaims: ['tenant'] });
      if (!isSigner) expect(policy).toMatchObject({ grace: 20 * 86_400, verifiers: [{ name: 'alb' }] });
    }
    expect(policies.filter(({ isSigner }) => isSigner)).toHaveLength(1);
  });
});

describe('the schedule', () => {
  test('ticks, and leaves a failure to the next tick', () => {
    has('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(15 minutes)',
      Target: { RetryPolicy: { MaximumRetryAttempts: 0 } },
    });
  });

  test('keeps failed ticks in an encrypted queue', () => {
    has('AWS::Lambda::EventInvokeConfig', {
      DestinationConfig: { OnFailure: Match.anyValue() },
      MaximumEventAgeInSeconds: 900,
    });
    has('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
  });

  test('is the only one whom its role trusts, in this account', () => {
    has('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          Match.objectLike({
            Principal: { Service: 'scheduler.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ],
      },
    });
  });
});

describe('what holds state', () => {
  const policies = (template: Template) =>
    ['AWS::DynamoDB::Table', 'AWS::S3::Bucket'].flatMap((type) =>
      Object.values(template.findResources(type)).map(({ DeletionPolicy }) => DeletionPolicy),
    );

  test('stays by default', () => expect(policies(TEMPLATE)).toEqual(['Retain', 'Retain']));

  test('goes when asked to', () => {
    const template = templateOf({ removalPolicy: RemovalPolicy.DESTROY });
    expect(policies(template)).toEqual(['Delete', 'Delete']);
    template.hasResourceProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: false });
  });
});

describe('outputs', () => {
  test('say where the keys are', () => {
    const url = ({ Value }: { Value: unknown }) => JSON.stringify(Value);
    const own = templateOf({ issuer: 'https://auth.example.com/blue' }).findOutputs('JwksUrl').JwksUrl as never;
    expect(url(own)).toMatch(/"https:\/\/",.*DomainName.*,"\/blue\/\.well-known\/jwks\.json"/);
  });
});

test('the documents are observed at the name of the distribution, or where the deployer says', () => {
  const edge = (template: Template) =>
    Object.values(template.findResources('AWS::Lambda::Function'))
      .map(({ Properties }) => Properties.Environment.Variables.KEYTURN_EDGE_URL)
      .filter(Boolean);
  expect(JSON.stringify(edge(TEMPLATE))).toMatch(
    /"https:\/\/",{"Fn::GetAtt":\["IssuerDocumentsDistribution\w+","DomainName"\]}/,
  );
  expect(edge(templateOf({ observeAt: ISSUER }))).toEqual([ISSUER, ISSUER, ISSUER]);
});
