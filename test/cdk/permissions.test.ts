/** Who may do what: docs/DESIGN, "IAM is least privilege and tested". */

import { Template } from 'aws-cdk-lib/assertions';
import { AccountPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { EVENT_SOURCE as RUN_TIME_SOURCE } from '../../lib/aws/eventbridge-events.ts';
import { TAGS as RUN_TIME_TAGS } from '../../lib/aws/kms-keys.ts';
import { KMS_NAMES } from '../../lib/aws/kms-names.ts';
import { tickItem } from '../../lib/aws/tick-records.ts';
import { KEY_SPECS, SIGNING_ALGORITHMS } from '../../lib/cdk/kms-names.ts';
import { EVENT_SOURCE, TAGS } from '../../lib/cdk/permissions.ts';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';
import { statementsOf } from './statements.ts';
import { ISSUER, issuerIn, templateOf } from './synth.ts';

const STATEMENTS = statementsOf(templateOf());
const of = (role: string) =>
  STATEMENTS.filter(({ owner, actions }) => owner.startsWith(`IssuerRoles${role}`) && !actions[0]?.startsWith('sts:'));
const allowed = (role: string) =>
  [...new Set(of(role).flatMap(({ effect, actions }) => (effect === 'Allow' ? actions : [])))].sort();
const named = (sid: string) => STATEMENTS.filter((statement) => statement.sid === sid);

const ROTATING = [
  'cloudfront:CreateInvalidation',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'kms:CreateKey',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:GetKeyPolicy',
  'kms:GetPublicKey',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'lambda:InvokeFunction',
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  's3:GetObject',
  's3:ListBucket',
  's3:PutObject',
];

describe('each role may do this and nothing else', () => {
  test.for([
    ['Signer', ['dynamodb:GetItem', 'kms:Sign', 'logs:CreateLogStream', 'logs:PutLogEvents']],
    ['Rotator', [...ROTATING, 'sqs:SendMessage', 'tag:GetResources']],
    ['Operator', [...ROTATING, 'tag:GetResources']],
  ] as const)('%s', ([role, actions]) => {
    expect(allowed(role)).toEqual(actions);
  });

  test('with events, rotator and operator tell of their own on the default bus', () => {
    const told = statementsOf(templateOf({ events: true })).filter(({ sid }) => sid === 'TellWhatHappens');
    expect(told.map(({ owner }) => owner.replace(/[0-9A-F]{8}$/, ''))).toEqual([
      'IssuerRolesRotator',
      'IssuerRolesOperator',
    ]);
    expect(EVENT_SOURCE).toBe(RUN_TIME_SOURCE);
    for (const { actions, condition } of told) {
      expect({ actions, condition }).toEqual({
        actions: ['events:PutEvents'],
        condition: {
          'ForAllValues:StringEquals': { 'events:source': 'keyturn' },
          Null: { 'events:source': 'false' },
        },
      });
    }
  });

  test('the scheduler invokes the rotate function, and no version or alias of it', () => {
    const statements = STATEMENTS.filter(
      ({ owner, actions }) => owner.includes('Invoker') && !actions[0]?.startsWith('sts'),
    );
    expect(statements.map(({ actions, resources }) => [actions, resources])).toEqual([
      [['lambda:InvokeFunction'], [expect.stringMatching(/^{"Fn::GetAtt":\["IssuerRotate\w+","Arn"\]}$/)]],
    ]);
  });
});

describe('signing', () => {
  test('nobody but the signer is allowed to', () => {
    const owners = STATEMENTS.filter(({ effect, actions }) => effect === 'Allow' && actions.includes('kms:Sign'));
    expect(owners.map(({ owner }) => owner)).toEqual([expect.stringMatching(/^IssuerRolesSigner/)]);
  });

  test('rotator and operator are denied it on every key, and grants with it', () => {
    expect(named('NeverSign').map(({ owner }) => owner.replace(/[0-9A-F]{8}$/, ''))).toEqual([
      'IssuerRolesRotator',
      'IssuerRolesOperator',
    ]);
    for (const { effect, actions, resources, condition } of named('NeverSign')) {
      expect({ effect, actions, resources, condition }).toEqual({
        effect: 'Deny',
        actions: ['kms:CreateGrant', 'kms:Sign'],
        resources: ['*'],
        condition: {},
      });
    }
  });

  test('the signer signs with keys of its issuer, by any supported algorithm', () => {
    expect(named('SignWithKeysOfThisIssuer')[0]?.condition).toEqual({
      StringEquals: {
        'aws:ResourceTag/keyturn:issuer': ISSUER,
        'kms:SigningAlgorithm': SIGNING_ALGORITHMS,
        'kms:MessageType': ['DIGEST', 'RAW'],
      },
    });
  });

  test('the names are those of run time', () => {
    const names = Object.values(KMS_NAMES);
    expect(new Set(SIGNING_ALGORITHMS)).toEqual(new Set(names.map(({ signingAlgorithm }) => signingAlgorithm)));
    expect(new Set(KEY_SPECS)).toEqual(new Set(names.map(({ keySpec }) => keySpec)));
    expect(TAGS).toEqual(RUN_TIME_TAGS);
  });
});

describe('keys', () => {
  test('are created tagged, in our own kinds, in one Region and with the lockout check', () => {
    expect(named('CreateSigningKeys')).toHaveLength(2);
    expect(named('CreateSigningKeys')[0]?.condition).toEqual({
      StringEquals: {
        'aws:RequestTag/keyturn:issuer': ISSUER,
        'kms:KeySpec': KEY_SPECS,
        'kms:KeyUsage': 'SIGN_VERIFY',
        'kms:KeyOrigin': 'AWS_KMS',
      },
      Bool: { 'kms:MultiRegion': 'false', 'kms:BypassPolicyLockoutSafetyCheck': 'false' },
      'ForAllValues:StringEquals': { 'aws:TagKeys': Object.values(TAGS) },
    });
  });

  test('are looked after only where they sign and carry the tag of the issuer', () => {
    for (const { condition } of [
      ...named('LookAfterKeysOfThisIssuer'),
      ...named('ScheduleDeletionNoSoonerThanConfigured'),
    ]) {
      expect(condition.StringEquals).toEqual({
        'aws:ResourceTag/keyturn:issuer': ISSUER,
        'kms:KeyUsage': 'SIGN_VERIFY',
      });
    }
  });

  test('are deleted no sooner than configured', () => {
    expect(named('ScheduleDeletionNoSoonerThanConfigured')[0]?.condition.NumericGreaterThanEquals).toEqual({
      'kms:ScheduleKeyDeletionPendingWindowInDays': 30,
    });
  });
});

test('the keyring of another issuer is out of reach, even without a key in the request', () => {
  // What rotates keeps a record of its ticks beside the keyring.
  for (const { owner, condition } of [...named('ReadTheKeyring'), ...named('ReadAndSaveTheKeyring')]) {
    const keys = owner.includes('Rotator') ? [ISSUER, tickItem(ISSUER)] : [ISSUER];
    expect(condition).toEqual({
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': keys },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    });
  }
});

/** With the stack's outputs begins every verb of the command. */
const FINDING = [['cloudformation:DescribeStacks'], expect.stringMatching(/:stack\/Keyturn\/\*/)];

describe('a grant', () => {
  const granted = (grant: (issuer: TokenIssuer, role: Role) => unknown) => {
    const { stack, issuer } = issuerIn();
    grant(issuer, new Role(stack, 'Grantee', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
    return statementsOf(Template.fromStack(stack))
      .filter(({ owner, actions }) => owner.startsWith('Grantee') && !actions[0]?.startsWith('sts:'))
      .map(({ actions, resources }) => [actions, resources.join(' ')]);
  };

  test('to sign is both permissions of a function URL, on the alias any', () => {
    const statements = granted((issuer, role) => issuer.grantSign(role));
    expect(statements.map(([actions]) => actions)).toEqual([['lambda:InvokeFunction'], ['lambda:InvokeFunctionUrl']]);
    for (const [, resources] of statements) expect(resources).toMatch(/IssuerSignAliasany/);
  });

  test('to operate is to invoke one function', () => {
    expect(granted((issuer, role) => issuer.grantOperate(role))).toEqual([
      [['lambda:InvokeFunction'], expect.stringMatching(/IssuerOperate/)],
      FINDING,
    ]);
  });

  test('to read is the keyring of the issuer and the documents', () => {
    expect(granted((issuer, role) => issuer.grantRead(role))).toEqual([
      [['dynamodb:GetItem'], expect.stringMatching(/IssuerTable/)],
      [['s3:GetObject'], expect.stringMatching(/IssuerDocumentsBucket.*\/public\/\*/)],
      FINDING,
    ]);
  });

  test('to audit is to read, and all else that the command looks at', () => {
    const flat = (statements: ReturnType<typeof granted>) =>
      statements.flatMap(([actions, on]) => (actions as string[]).map((action): string => `${action} ${on}`));
    const read = flat(granted((issuer, role) => issuer.grantRead(role)));
    const audit = flat(granted((issuer, role) => issuer.grantAudit(role)));
    expect(audit).toEqual(expect.arrayContaining(read));
    expect(audit.filter((one) => !read.includes(one)).sort()).toEqual([
      expect.stringMatching(/^iam:SimulatePrincipalPolicy .*-operator.*-rotator.*-signer/),
      expect.stringMatching(/^kms:DescribeKey .*:key\/\*/),
      expect.stringMatching(/^kms:GetKeyPolicy .*:key\/\*/),
      expect.stringMatching(/^lambda:GetFunctionConfiguration .*IssuerOperate.* .*IssuerSign/),
      'logs:GetQueryResults *',
      expect.stringMatching(/^logs:StartQuery .*log-group:.*IssuerSignLogs.*:\*/),
      expect.stringMatching(/^s3:GetObjectVersion .*IssuerDocumentsBucket.*\/public\/\*/),
      expect.stringMatching(/^s3:ListBucketVersions .*IssuerDocumentsBucket\w+","Arn"\]}$/),
      expect.stringMatching(/^scheduler:GetSchedule .*:schedule\/default\/",.*IssuerTicking/),
      'tag:GetResources *',
    ]);
  });

  test('to audit an issuer of another stack names what that stack has said', () => {
    const { stack } = issuerIn();
    const attributes = {
      issuerUrl: ISSUER,
      signFunctionName: 'sign',
      operateFunctionName: 'operate',
      tableName: 'table',
      bucketName: 'bucket',
    };
    const known = { ...attributes, stackName: 'Tokens', scheduleName: 'ticks', signLogGroupName: 'tokens' };
    for (const [name, from] of Object.entries({ Short: attributes, Long: known })) {
      const role = new Role(stack, name, { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
      TokenIssuer.fromAttributes(stack, `${name}Issuer`, from).grantAudit(role);
    }
    const of = (name: string) =>
      statementsOf(Template.fromStack(stack))
        .filter(({ owner, actions }) => owner.startsWith(name) && !actions[0]?.startsWith('sts:'))
        .map(({ actions: [first = ''], resources }) => `${first} ${resources.join(' ')}`);
    const more = of('Long').filter((statement) => !of('Short').includes(statement));
    expect(more).toEqual([
      expect.stringMatching(/^cloudformation:DescribeStacks .*:stack\/Tokens\/\*/),
      expect.stringMatching(/^scheduler:GetSchedule .*:schedule\/default\/ticks/),
      expect.stringMatching(/^logs:StartQuery .*:log-group:tokens:\*/),
    ]);
  });

  test('to another account is a permission on the alias', () => {
    const { stack, issuer } = issuerIn();
    issuer.grantSign(new AccountPrincipal('111122223333'));
    const permissions = Template.fromStack(stack).findResources('AWS::Lambda::Permission');
    expect(Object.values(permissions).map(({ Properties }) => [Properties.Action, Properties.Principal])).toEqual([
      ['lambda:InvokeFunction', '111122223333'],
      ['lambda:InvokeFunctionUrl', '111122223333'],
    ]);
  });
});
