/** What must stay as it is: another role name and the old key signs no more, another logical id and its state is gone. */
import { Template } from 'aws-cdk-lib/assertions';
import { Role } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { keyPolicy } from '../../lib/aws/key-policy.ts';
import { roleName } from '../../lib/cdk/roles.ts';
import { parseIssuer } from '../../lib/core/issuer.ts';
import { everything, ISSUER, issuerIn, templateOf } from './synth.ts';

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

test('the longest issuer that there may be fits everywhere', () => {
  const start = 'https://auth.example.com/';
  const issuer = `${start}${'a'.repeat(234 - start.length)}`;
  expect(() => parseIssuer(`${issuer}a`)).toThrow('at most 234 characters');
  const { stack } = issuerIn((stack) => ({ ...everything(stack), issuer }));
  const functions = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
  expect(functions).toHaveLength(5);
  for (const { Properties } of functions) expect(Properties.Description.length).toBeLessThanOrEqual(256);
});

/** Another id is another resource: what held the state is left, or its name is still taken when the new one wants it. */
function pinned({ stack }: ReturnType<typeof issuerIn>): Record<string, string> {
  const { Resources } = Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> };
  const kept = [
    'DynamoDB::Table',
    'S3::Bucket',
    'CloudFront::Distribution',
    'Logs::LogGroup',
    'Lambda::Url',
    'Lambda::Alias',
  ];
  const found = Object.entries(Resources).filter(
    ([, { Type, Properties = {} }]) => kept.includes(Type.replace('AWS::', '')) || Properties.RoleName !== undefined,
  );
  return Object.fromEntries(found.map(([id, { Type }]) => [id, Type.replace('AWS::', '')]));
}

const STATEFUL = {
  IssuerTable30DE0CDD: 'DynamoDB::Table',
  IssuerDocumentsBucketF175695F: 'S3::Bucket',
  IssuerDocumentsDistributionED3B0224: 'CloudFront::Distribution',
  IssuerRolesSigner7EEF4F6C: 'IAM::Role',
  IssuerRolesRotator2EA1DDC6: 'IAM::Role',
  IssuerRolesOperator37113B3B: 'IAM::Role',
  IssuerSignLogs5952F737: 'Logs::LogGroup',
  IssuerRotateLogs235EBFA6: 'Logs::LogGroup',
  IssuerOperateLogs2F957C77: 'Logs::LogGroup',
  IssuerDeploymentFunctionLogsE75C6C1D: 'Logs::LogGroup',
  IssuerSignAliascanary8EB6CB1F: 'Lambda::Alias',
};

describe('logical ids of what holds state or is named elsewhere', () => {
  test('without clients', () => {
    expect(pinned(issuerIn())).toEqual({
      ...STATEFUL,
      IssuerSignAliasany4F2C544A: 'Lambda::Alias',
      IssuerSignAliasanyFunctionUrlE225FC03: 'Lambda::Url',
    });
  });

  test('with clients, and all that can be asked for', () => {
    const made = issuerIn(everything);
    for (const name of ['orders', 'billing-api'])
      made.issuer.addClient(name, {
        role: Role.fromRoleArn(made.stack, name, `arn:aws:iam::111122223333:role/${name}`),
        audiences: ['a'],
      });
    expect(pinned(made)).toEqual({
      ...STATEFUL,
      IssuerSignAliasorders31CEF10F: 'Lambda::Alias',
      IssuerSignAliasordersFunctionUrl4EE92B1E: 'Lambda::Url',
      IssuerSignAliasbillingapiD2086D17: 'Lambda::Alias',
      IssuerSignAliasbillingapiFunctionUrl8088FF7E: 'Lambda::Url',
      IssuerTrailFunctionLogs37215A17: 'Logs::LogGroup',
    });
  });
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
