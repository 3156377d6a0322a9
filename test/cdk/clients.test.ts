/** Clients in the template: an alias, a URL and a caller each, the rules in the asset, and no way around them. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Aws, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import type { ClientProps } from '../../lib/cdk/clients.ts';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';
import { checkClientRules } from '../../lib/core/client-rules.ts';
import { CONTEXT, ISSUER, issuerIn } from './synth.ts';

const FAR = 'arn:aws:iam::444455556666:role/partner';

function setUp() {
  const { app, stack, issuer } = issuerIn();
  const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
  return { app, stack, issuer, role };
}
const add = (props: Partial<ClientProps> = {}, name = 'orders') => {
  const { stack, issuer, role } = setUp();
  issuer.addClient(name, { role, audiences: ['orders-api'], ...props });
  return { stack, issuer };
};
const names = (template: Template, type: string, property: string) =>
  Object.values(template.findResources(type)).map(({ Properties }) => Properties[property]);

/** The sign function's asset as it would be uploaded. */
function assetOf(build: (issuer: TokenIssuer, stack: Stack) => void) {
  const app = new App({
    context: CONTEXT,
    builtinCloudFormationValidation: false,
    outdir: mkdtempSync(join(tmpdir(), 'keyturn-')),
  });
  const stack = new Stack(app, 'Keyturn');
  const issuer = new TokenIssuer(stack, 'Issuer', { issuer: ISSUER });
  build(issuer, stack);
  const { directory } = app.synth();
  const template = JSON.parse(readFileSync(join(directory, 'Keyturn.template.json'), 'utf8'));
  const sign = template.Resources[stack.getLogicalId(issuer.signFunction.node.defaultChild as never)];
  const hash = sign.Properties.Code.S3Key.replace('.zip', '');
  const { files } = JSON.parse(readFileSync(join(directory, 'Keyturn.assets.json'), 'utf8'));
  return { hash, path: join(directory, files[hash].source.path), packaging: files[hash].source.packaging, sign, files };
}

describe('a client', () => {
  test('has an alias and a URL of its own, and any is gone', () => {
    const { stack, issuer, role } = setUp();
    issuer.addClient('orders', { role, audiences: ['orders-api'] });
    issuer.addClient('billing', { role, audiences: ['billing-api'] });
    const template = Template.fromStack(stack);
    expect(names(template, 'AWS::Lambda::Alias', 'Name').sort()).toEqual(['billing', 'canary', 'orders']);
    expect(names(template, 'AWS::Lambda::Url', 'Qualifier').sort()).toEqual(['billing', 'orders']);
    expect(names(template, 'AWS::Lambda::Url', 'AuthType')).toEqual(['AWS_IAM', 'AWS_IAM']);
    expect(Object.keys(template.toJSON().Outputs).filter((name) => name.startsWith('SignUrl'))).toEqual([
      'SignUrlOrders',
      'SignUrlBilling',
    ]);
    expect([issuer.anyAlias, issuer.signUrl]).toEqual([undefined, undefined]);
    expect([...issuer.clients.keys()]).toEqual(['orders', 'billing']);
    expect(issuer.clients.get('orders')?.alias.aliasName).toBe('orders');
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('has no clients'));
  });

  test('is called by its role, and by that role only through its own alias', () => {
    const template = Template.fromStack(add().stack);
    const [policy] = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) =>
      JSON.stringify(Properties.Roles).includes('Caller'),
    );
    const alias = { Ref: expect.stringMatching(/^IssuerSignAliasorders/) };
    expect(policy?.Properties.PolicyDocument.Statement).toEqual([
      { Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: alias },
      {
        Action: 'lambda:InvokeFunctionUrl',
        Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
        Effect: 'Allow',
        Resource: alias,
      },
    ]);
    template.resourceCountIs('AWS::Lambda::Permission', 0);
  });

  test('of another account gets both permissions on the alias', () => {
    const { stack, issuer } = setUp();
    issuer.addClient('partner', { role: Role.fromRoleArn(stack, 'Far', FAR), audiences: ['orders-api'] });
    const template = Template.fromStack(stack);
    const permissions = Object.values(template.findResources('AWS::Lambda::Permission')).map(
      ({ Properties: { Action, Principal, FunctionName, FunctionUrlAuthType } }) => [
        Action,
        Principal,
        FunctionName.Ref.replace(/[0-9A-F]{8}$/, ''),
        FunctionUrlAuthType,
      ],
    );
    expect(permissions).toEqual([
      ['lambda:InvokeFunction', FAR, 'IssuerSignAliaspartner', undefined],
      ['lambda:InvokeFunctionUrl', FAR, 'IssuerSignAliaspartner', 'AWS_IAM'],
    ]);
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).not.toContain('partner');
  });
});

describe('a role that no policy of this stack reaches', () => {
  const HERE = { account: '111122223333', region: 'eu-central-1' };
  const assumedBy = new ServicePrincipal('ecs-tasks.amazonaws.com');
  const ways: [string, (issuer: TokenIssuer, role: IRole) => void][] = [
    ['addClient', (issuer, role) => issuer.addClient('orders', { role, audiences: ['a'] })],
    ['grantSign', (issuer, role) => issuer.grantSign(role)],
  ];
  const permissions = (stack: Stack) =>
    Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Permission')).map(({ Properties }) => [
      Properties.Action,
      JSON.stringify(Properties.Principal).replace(/.*:iam::/, ''),
    ]);
  const bothFor = (arn: string) => ['InvokeFunction', 'InvokeFunctionUrl'].map((name) => [`lambda:${name}`, arn]);

  describe.each(ways)('%s', (_, permit) => {
    test.each([
      ['account', { account: '444455556666', region: 'eu-central-1' }],
      ['Region', { account: '111122223333', region: 'us-east-1' }],
    ])('of a stack of another %s', (_, env) => {
      const { app, stack, issuer } = issuerIn({}, { env: HERE });
      const other = new Stack(app, 'Other', { env });
      const role = new Role(other, 'Caller', { assumedBy, roleName: 'orders' });
      permit(issuer, role);
      expect(permissions(stack)).toEqual(bothFor(expect.stringContaining(`${env.account}:role/orders`)));
      Template.fromStack(other).resourceCountIs('AWS::IAM::Policy', 0);
    });

    test('of another account, by its ARN, in a stack of no certain account', () => {
      const { stack, issuer } = issuerIn();
      permit(issuer, Role.fromRoleArn(stack, 'Far', FAR));
      expect(permissions(stack)).toEqual(bothFor(expect.stringContaining('444455556666:role/partner')));
      expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).not.toContain('partner');
    });

    test.each([
      ['with an environment', HERE],
      ['without one', undefined],
    ])('is none of another stack of the same environment, %s', (_, env) => {
      const { app, stack, issuer } = issuerIn({}, env && { env });
      const other = new Stack(app, 'Other', env && { env });
      permit(issuer, new Role(other, 'Caller', { assumedBy }));
      expect(permissions(stack)).toEqual([]);
      Template.fromStack(other).resourceCountIs('AWS::IAM::Policy', 1);
    });
  });
});

describe('the rules', () => {
  test('are a file in the asset, as the function reads it, and the bundle is beside it', () => {
    const { path, packaging, sign } = assetOf((issuer, stack) => {
      const role = Role.fromRoleArn(stack, 'Far', FAR);
      const fixedClaims = { env: 'prod' };
      const maxLifetime = Duration.minutes(5);
      issuer.addClient('orders', { role, audiences: ['orders-api'], scopes: ['orders:read'], maxLifetime });
      issuer.addClient('billing', { role, audiences: ['billing-api'], subject: 'svc:billing', fixedClaims });
    });
    expect(packaging).toBe('zip');
    expect(sign.Properties.Environment.Variables.KEYTURN_CLIENTS).toBe('clients.json');
    const rules = JSON.parse(readFileSync(join(path, 'clients.json'), 'utf8'));
    expect(rules).toEqual({
      orders: { audiences: ['orders-api'], scopes: ['orders:read'], maxLifetime: '5m' },
      billing: { audiences: ['billing-api'], subject: 'svc:billing', fixedClaims: { env: 'prod' } },
    });
    expect(() => checkClientRules(rules, [])).not.toThrow();
    const built = new URL('../../dist/functions/sign/index.js', import.meta.url);
    expect(readFileSync(join(path, 'index.js'))).toEqual(readFileSync(built));
  });

  test('that change make another version of the function', () => {
    const version = (audience: string) => {
      const template = Template.fromStack(add({ audiences: [audience] }).stack);
      return Object.keys(template.findResources('AWS::Lambda::Version')).filter((id) => id.startsWith('IssuerSign'));
    };
    expect(version('a')).not.toEqual(version('b'));
    expect(version('a')).toEqual(version('a'));
  });

  test('of an issuer without clients are no file', () => {
    const { path, sign, files } = assetOf(() => undefined);
    expect(existsSync(join(path, 'index.js'))).toBe(true);
    expect(existsSync(join(path, 'clients.json'))).toBe(false);
    expect(sign.Properties.Environment.Variables).not.toHaveProperty('KEYTURN_CLIENTS');
    // Four functions and the template.
    expect(Object.keys(files)).toHaveLength(5);
  });

  test('of a hundred clients are one asset', () => {
    const { path, files } = assetOf((issuer, stack) => {
      const role = Role.fromRoleArn(stack, 'Far', FAR);
      const letters = (index: number) =>
        index.toString(26).replaceAll(/\d/g, (digit) => 'qrstuvwxyz'.charAt(Number(digit)));
      for (let index = 0; index < 100; index++)
        issuer.addClient(`client-${letters(index)}`, { role, audiences: ['a'] });
    });
    expect(Object.keys(JSON.parse(readFileSync(join(path, 'clients.json'), 'utf8')))).toHaveLength(100);
    expect(Object.keys(files)).toHaveLength(5);
  });
});

describe('refused at synth', () => {
  const refused = (props: Partial<ClientProps>, name?: string) => expect(() => add(props, name));

  test.each<[string, Partial<ClientProps>]>([
    ['audience', { audiences: [`https://${Aws.REGION}.example.com`] }],
    ['list of audiences', { audiences: Lazy.list({ produce: () => ['a'] }) }],
    ['subject', { subject: Aws.ACCOUNT_ID }],
    ['scope', { scopes: [Aws.STACK_NAME] }],
    ['fixed claim', { fixedClaims: { account: { id: Aws.ACCOUNT_ID } } }],
    ['name of a fixed claim', { fixedClaims: { [Lazy.string({ produce: () => 'env' })]: 'prod' } }],
    ['name within a fixed claim', { fixedClaims: { env: { [Aws.REGION]: true } } }],
    ['fixed number', { fixedClaims: { account: Lazy.number({ produce: () => 7 }) } }],
    ['lifetime', { maxLifetime: Duration.seconds(Lazy.number({ produce: () => 7 })) }],
  ])('an unresolved %s', (_, props) => {
    refused(props).toThrow(/the rules of client orders must be literal, got a CDK token/);
  });

  test.each<[string, Partial<ClientProps>, string | undefined, string]>([
    ['no audience', { audiences: [] }, undefined, 'clients.orders.audiences must name at least one audience'],
    [
      'a reserved claim',
      { claims: ['iss'] },
      undefined,
      'clients.orders.claims has "iss", which no request could ask for',
    ],
    ['the name any', {}, 'any', "a client's name must be words of lower-case letters"],
    ['the name canary', {}, 'canary', "a client's name must be words of lower-case letters"],
    [
      'a lifetime that the policy does not allow',
      { maxLifetime: Duration.hours(2) },
      undefined,
      'clients.orders.maxLifetime must be at most maxTokenLifetime, 1h, got 2h',
    ],
    ['nobody who calls', { role: undefined } as never, undefined, 'client orders must have a role, got none'],
    ['what is no rule', { audience: 'x' } as never, undefined, 'clients.orders.audience is not a rule'],
  ])('%s', (_, props, name, sentence) => refused(props, name).toThrow(sentence));

  test('the same name twice', () => {
    const { issuer, role } = setUp();
    issuer.addClient('orders', { role, audiences: ['a'] });
    expect(() => issuer.addClient('orders', { role, audiences: ['b'] })).toThrow('client orders is there already');
  });
  test('a client beside somebody who may have any token, whoever comes first', () => {
    const sentence = /an issuer either lets grantees have any token, with grantSign, or has clients, with addClient$/;
    const first = setUp();
    first.issuer.grantSign(first.role);
    expect(() => first.issuer.addClient('orders', { role: first.role, audiences: ['a'] })).toThrow(sentence);
    expect(first.issuer.anyAlias).toBeDefined();
    const second = setUp();
    second.issuer.addClient('orders', { role: second.role, audiences: ['a'] });
    expect(() => second.issuer.grantSign(second.role)).toThrow(sentence);
  });
  test('changes nothing', () => {
    const { stack, issuer, role } = setUp();
    expect(() => issuer.addClient('orders', { role, audiences: [] })).toThrow();
    expect(() => issuer.addClient('orders', { audiences: ['a'] } as never)).toThrow();
    expect(issuer.anyAlias).toBeDefined();
    expect(names(Template.fromStack(stack), 'AWS::Lambda::Alias', 'Name').sort()).toEqual(['any', 'canary']);
  });
});

test('an issuer without clients says so', () => {
  const { stack } = setUp();
  const warning = 'whoever may invoke its alias "any" may have any token; addClient says who may ask for what';
  Annotations.fromStack(stack).hasWarning('/Keyturn/Issuer', Match.stringLikeRegexp(warning));
});
