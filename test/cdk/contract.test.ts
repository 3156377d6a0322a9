/** What must stay as it is: another role name and the old key signs no more, another logical id and its state is gone. */
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { keyPolicy } from '../../lib/aws/key-policy.ts';
import { roleName } from '../../lib/cdk/roles.ts';
import { ISSUER, issuerIn, templateOf } from './synth.ts';

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

describe('role names', () => {
  test.for([
    ['https://auth.example.com', 'signer', 'keyturn-auth-example-com-1ce18487-signer'],
    ['https://auth.example.com', 'rotator', 'keyturn-auth-example-com-1ce18487-rotator'],
    ['https://auth.example.com', 'operator', 'keyturn-auth-example-com-1ce18487-operator'],
    ['https://auth.example.com/tenants/blue', 'signer', 'keyturn-auth-example-com-tenants-blue-e6b3b09a-signer'],
  ] as const)('%s: the %s', ([issuer, kind, name]) => {
    expect(roleName(issuer, kind)).toBe(name);
  });

  test('fit into IAM for the longest issuer', () => {
    const name = roleName(`https://${'a-very.long.host-name.'.repeat(10)}example.com/path`, 'operator');
    expect(name).toMatch(/^[\w+=,.@-]{1,64}$/);
  });

  test('keep two issuers apart that read alike', () => {
    expect(roleName('https://a.b', 'signer')).not.toBe(roleName('https://a-b', 'signer'));
  });
});

/** IAM's and CloudFront's are the account's; CDK makes them up from the stack's name, which may be the same elsewhere. */
function accountNames(issuer: string, region: string): string[] {
  const { stack } = issuerIn({ issuer }, { env: { account: '111122223333', region } });
  const { Resources } = Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> };
  return Object.values(Resources).flatMap(({ Type, Properties = {} }) => {
    if (Type === 'AWS::IAM::Role') return (Properties.RoleName as string | undefined) ?? [];
    if (!Type.startsWith('AWS::CloudFront::')) return [];
    const [config] = Object.values(Properties) as { Name?: string }[];
    return config?.Name ?? [];
  });
}

test('one stack name in two Regions gives no two things of the account one name', () => {
  const here = accountNames(ISSUER, 'eu-central-1');
  const there = accountNames('https://id.example.com', 'us-east-1');
  expect(here).toHaveLength(3 + 3);
  expect(here.filter((name) => there.includes(name))).toEqual([]);
  const [issuer, region] = [`https://${'a-very.long.host-name.'.repeat(8)}example.com/path`, 'ap-southeast-3'];
  for (const name of accountNames(issuer, region)) expect(name).toMatch(/^[\w-]{1,64}$/);
});

test('logical ids of what holds state or is named elsewhere', () => {
  const { Resources } = templateOf().toJSON() as {
    Resources: Record<string, { Type: string; DeletionPolicy?: string }>;
  };
  const ids = (type: string) => Object.keys(Resources).filter((id) => Resources[id]?.Type === type);
  expect(ids('AWS::DynamoDB::Table')).toEqual(['IssuerTable30DE0CDD']);
  expect(ids('AWS::S3::Bucket')).toEqual(['IssuerDocumentsBucketF175695F']);
  expect(ids('AWS::CloudFront::Distribution')).toEqual(['IssuerDocumentsDistributionED3B0224']);
  expect(ids('AWS::Lambda::Url')).toEqual(['IssuerSignAliasanyFunctionUrlE225FC03']);
});

test('the roles that a key names are the roles of the stack, to the letter', () => {
  const template = templateOf();
  const roles = Object.values(template.findResources('AWS::IAM::Role')).map(({ Properties }) => Properties.RoleName);
  const [rotate] = Object.values(template.findResources('AWS::Lambda::Function')).filter(
    ({ Properties }) => Properties.Environment.Variables.KEYTURN_BUCKET,
  );
  const resolved = (value: unknown): string =>
    typeof value === 'string'
      ? value
      : (value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1]
          .map((part) => (typeof part === 'string' ? part : (part as { Ref: string }).Ref))
          .join('')
          .replaceAll('AWS::Partition', 'aws')
          .replaceAll('AWS::AccountId', '111122223333');
  const { KEYTURN_SIGNER_ROLE_ARN, KEYTURN_ROTATOR_ROLE_ARNS } = rotate?.Properties.Environment.Variables ?? {};
  const arns = [resolved(KEYTURN_SIGNER_ROLE_ARN), ...resolved(KEYTURN_ROTATOR_ROLE_ARNS).split(',')];
  expect(arns).toEqual(
    ['signer', 'rotator', 'operator'].map(
      (kind) => `arn:aws:iam::111122223333:role/keyturn-auth-example-com-1ce18487-${kind}`,
    ),
  );
  for (const arn of arns) expect(roles).toContain(arn.split('/')[1]);
  const [signerRoleArn = '', ...rotatorRoleArns] = arns;
  // KMS refuses a key policy of more than 32 KB.
  expect(JSON.stringify(keyPolicy({ signerRoleArn, rotatorRoleArns }, 'RS256')).length).toBeLessThan(32_768);
});
