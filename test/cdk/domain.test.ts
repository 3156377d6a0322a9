/** Under which names the documents are served, alone and beside others. */
import { App, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AaaaRecord, ARecord, HostedZone, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { describe, expect, test } from 'vitest';
import type { TokenIssuerProps } from '../../lib/cdk/props.ts';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';
import { CONTEXT, issuerIn } from './synth.ts';

const CERTIFICATE = 'arn:aws:acm:us-east-1:111122223333:certificate/a';
const HOME = { account: '111122223333', region: 'us-east-1' };
type Make = (stack: Stack) => TokenIssuerProps;

function made(make: Make, env?: typeof HOME) {
  const stack = new Stack(
    new App({ context: CONTEXT, builtinCloudFormationValidation: false }),
    'Keyturn',
    env && { env },
  );
  const issuer = new TokenIssuer(stack, 'Issuer', make(stack));
  return { stack, issuer, template: () => Template.fromStack(stack) };
}
const certificate = (stack: Stack) => Certificate.fromCertificateArn(stack, 'Certificate', CERTIFICATE);
const hostedZone = (stack: Stack) =>
  HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });

describe('a domain', () => {
  test('is the issuer, with the certificate that it is given', () => {
    const { issuer, template, stack } = made((stack) => ({
      domainName: 'auth.example.com',
      certificate: certificate(stack),
    }));
    expect(issuer.issuerUrl).toBe('https://auth.example.com');
    template().hasOutput('JwksUrl', { Value: 'https://auth.example.com/.well-known/jwks.json' });
    template().resourceCountIs('AWS::Route53::RecordSet', 0);
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('is no name of the distribution'));
  });

  test('has its addresses and its certificate from its zone, where the stack is in us-east-1', () => {
    const { template } = made((stack) => ({ domainName: 'auth.example.com', hostedZone: hostedZone(stack) }), HOME);
    template().hasResourceProperties('AWS::CertificateManager::Certificate', {
      DomainName: 'auth.example.com',
      ValidationMethod: 'DNS',
    });
    for (const Type of ['A', 'AAAA']) {
      template().hasResourceProperties('AWS::Route53::RecordSet', {
        Type,
        Name: 'auth.example.com.',
        HostedZoneId: 'Z1',
      });
    }
  });

  test('may be the host of an issuer with a path', () => {
    const { issuer } = made((stack) => ({
      issuer: 'https://auth.example.com/blue',
      domainName: 'auth.example.com',
      certificate: certificate(stack),
    }));
    expect(issuer.issuerUrl).toBe('https://auth.example.com/blue');
  });

  test('that is missing is said at synth', () => {
    const { stack } = issuerIn();
    const sentence = 'https://auth.example.com is no name of the distribution';
    Annotations.fromStack(stack).hasWarning('/Keyturn/Issuer', Match.stringLikeRegexp(sentence));
  });
});

test.each<[string, Make, string, typeof HOME?]>([
  ['no name at all', () => ({}), 'either issuer or domainName must be given'],
  ['a name over http', () => ({ issuer: 'http://issuer' }), 'issuer must use https, got http://issuer'],
  [
    'another host',
    (stack) => ({ issuer: 'https://id.example.com', domainName: 'auth.example.com', certificate: certificate(stack) }),
    'domainName must be the host of the issuer, id.example.com, got auth.example.com',
  ],
  ['a domain without a certificate', () => ({ domainName: 'a.example.com' }), 'needs a certificate, or a hostedZone'],
  [
    'a certificate without a domain',
    (stack) => ({ issuer: 'https://a.example.com', certificate: certificate(stack) }),
    'certificate needs a domainName',
  ],
  [
    'a zone without a domain',
    (stack) => ({ issuer: 'https://a.example.com', hostedZone: hostedZone(stack) }),
    'hostedZone needs a domainName',
  ],
  [
    'a zone in a stack of no certain Region',
    (stack) => ({ domainName: 'a.example.com', hostedZone: hostedZone(stack) }),
    'CloudFront takes certificates of us-east-1 only, got a stack of no certain Region',
  ],
  [
    'a zone in another Region',
    (stack) => ({ domainName: 'a.example.com', hostedZone: hostedZone(stack) }),
    'CloudFront takes certificates of us-east-1 only, got eu-west-1',
    { ...HOME, region: 'eu-west-1' },
  ],
  ...[
    'auth.example.com/',
    'https://auth.example.com/',
    'https://auth.example.com/blue',
    'http://auth.example.com',
    'x',
  ].map((observeAt): [string, Make, string] => [
    `to observe at ${observeAt}`,
    () => ({ issuer: 'https://a.example.com', observeAt }),
    `observeAt must be an origin such as https://auth.example.com, without a path or a slash at its end, got ${observeAt}`,
  ]),
  [
    'an imported distribution',
    (stack) => ({
      issuer: 'https://a.example.com',
      distribution: Distribution.fromDistributionAttributes(stack, 'Far', {
        distributionId: 'E1',
        domainName: 'd1.cloudfront.net',
      }) as Distribution,
    }),
    'distribution must be a Distribution of the same stack',
  ],
])('%s is refused', (_, make, sentence, env) => {
  expect(() => made(make, env)).toThrow(sentence);
});

describe('one distribution for several issuers', () => {
  const build = () => {
    const { stack, issuer } = made((stack) => ({ domainName: 'auth.example.com', certificate: certificate(stack) }));
    const blue = new TokenIssuer(stack, 'Blue', {
      issuer: 'https://auth.example.com/blue',
      distribution: issuer.distribution,
      algorithm: 'ES256',
    });
    return { stack, issuer, blue, template: Template.fromStack(stack) };
  };

  test('serves each one’s documents from its own bucket', () => {
    const { template } = build();
    template.resourceCountIs('AWS::CloudFront::Distribution', 1);
    template.resourceCountIs('AWS::S3::Bucket', 2);
    const [{ Properties }] = Object.values(template.findResources('AWS::CloudFront::Distribution')) as never as [
      {
        Properties: {
          DistributionConfig: { CacheBehaviors: Behaviour[]; DefaultCacheBehavior: Behaviour; Origins: Origin[] };
        };
      },
    ];
    interface Behaviour {
      PathPattern: string;
      TargetOriginId: string;
    }
    interface Origin {
      Id: string;
      DomainName: { 'Fn::GetAtt': [string, string] };
      OriginPath: string;
    }
    const { CacheBehaviors, DefaultCacheBehavior, Origins } = Properties.DistributionConfig;
    const bucketOf = ({ TargetOriginId }: Behaviour) =>
      Origins.find(({ Id }) => Id === TargetOriginId)?.DomainName['Fn::GetAtt'][0];
    expect(CacheBehaviors.map((behaviour) => [behaviour.PathPattern, bucketOf(behaviour)])).toEqual(
      [
        '/blue/.well-known/jwks.json',
        '/blue/.well-known/openid-configuration',
        '/.well-known/oauth-authorization-server/blue',
      ].map((path) => [path, expect.stringMatching(/^BlueDocumentsBucket/)]),
    );
    expect(bucketOf(DefaultCacheBehavior)).toMatch(/^IssuerDocumentsBucket/);
    expect(Origins.map(({ OriginPath }) => OriginPath)).toEqual(['/public', '/public']);
  });

  test('keeps them apart: roles, table, functions and keys of their own', () => {
    const { template, issuer, blue } = build();
    template.resourceCountIs('AWS::DynamoDB::Table', 2);
    template.resourceCountIs('AWS::Scheduler::Schedule', 2);
    expect(issuer.roles.arnOf('signer')).not.toBe(blue.roles.arnOf('signer'));
    const policies = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) =>
      JSON.stringify(Properties.Roles).includes('BlueRoles'),
    );
    expect(policies).toHaveLength(3);
    for (const policy of policies) {
      const text = JSON.stringify(policy.Properties.PolicyDocument);
      expect(text).not.toMatch(/"Issuer(Table|Documents[^D]|Sign|Rotate|Operate)/);
      expect(text).toContain('https://auth.example.com/blue');
      expect(text).not.toMatch(/"https:\/\/auth\.example\.com"/);
    }
  });

  test('may be one that serves something else', () => {
    const stack = new Stack(new App({ context: CONTEXT, builtinCloudFormationValidation: false }), 'Keyturn');
    const distribution = new Distribution(stack, 'Site', {
      defaultBehavior: { origin: new HttpOrigin('www.example.com') },
      domainNames: ['www.example.com'],
      certificate: certificate(stack),
    });
    new TokenIssuer(stack, 'Issuer', { issuer: 'https://www.example.com', distribution });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::CloudFront::Distribution', 1);
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        CacheBehaviors: [
          '/.well-known/jwks.json',
          '/.well-known/openid-configuration',
          '/.well-known/oauth-authorization-server',
        ].map((PathPattern) =>
          Match.objectLike({ PathPattern, ViewerProtocolPolicy: 'redirect-to-https', Compress: true }),
        ),
      },
    });
  });

  /** An issuer on a distribution with these names. */
  const onSite = (domainNames: string[], props: (stack: Stack) => TokenIssuerProps) => {
    const stack = new Stack(new App({ context: CONTEXT, builtinCloudFormationValidation: false }), 'Keyturn');
    const distribution = new Distribution(stack, 'Site', {
      defaultBehavior: { origin: new HttpOrigin('www.example.com') },
      ...(domainNames.length > 0 && { domainNames, certificate: certificate(stack) }),
    });
    return { stack, issuer: new TokenIssuer(stack, 'Issuer', { ...props(stack), distribution }) };
  };

  test.each<[string, string[], Make, string]>([
    [
      'without names',
      [],
      () => ({ domainName: 'a.example.com' }),
      'domainName must be among the domainNames of the distribution, a.example.com is not',
    ],
    [
      'with other names',
      ['b.example.com', '*.a.example.com'],
      () => ({ domainName: 'a.example.com' }),
      'a.example.com is not',
    ],
    [
      'and a certificate',
      ['a.example.com'],
      (stack) => ({
        domainName: 'a.example.com',
        certificate: Certificate.fromCertificateArn(stack, 'Another', CERTIFICATE),
      }),
      'certificate must be given to the distribution itself',
    ],
    [
      'and a zone for no domain',
      ['a.example.com'],
      (stack) => ({ issuer: 'https://a.example.com', hostedZone: hostedZone(stack) }),
      'hostedZone needs a domainName',
    ],
  ])('%s is refused', (_, names, props, sentence) => expect(() => onSite(names, props)).toThrow(sentence));

  test.each([['a.example.com'], ['*.example.com'], [Lazy.string({ produce: () => 'a.example.com' })]])(
    'that has the name %s takes it',
    (name) => {
      expect(() => onSite([name], () => ({ domainName: 'a.example.com' }))).not.toThrow();
    },
  );

  test('warns of an issuer whose host is none of its names, and of no other', () => {
    const sentence = Match.stringLikeRegexp('https://a.example.com/blue is no name of the distribution');
    const warned = (names: string[]) =>
      Annotations.fromStack(onSite(names, () => ({ issuer: 'https://a.example.com/blue' })).stack).findWarning(
        '*',
        sentence,
      ).length;
    expect([[], ['b.example.com'], ['a.example.com'], ['*.example.com']].map(warned)).toEqual([1, 1, 0, 0]);
  });

  test('has one address of a name in a zone, however many share it', () => {
    const domain = (stack: Stack) => ({ domainName: 'a.example.com', hostedZone: hostedZone(stack) });
    const { stack, issuer } = made(domain, HOME);
    const hosted = { hostedZone: stack.node.findChild('Zone') as IHostedZone, domainName: 'a.example.com' };
    new TokenIssuer(stack, 'Blue', {
      ...hosted,
      issuer: 'https://a.example.com/blue',
      distribution: issuer.distribution,
    });
    const types = () =>
      Object.values(Template.fromStack(stack).findResources('AWS::Route53::RecordSet')).map(({ Properties }) => [
        Properties.Type,
        Properties.HostedZoneId,
      ]);
    expect(types()).toEqual([
      ['A', 'Z1'],
      ['AAAA', 'Z1'],
    ]);
  });

  test('keeps an address that is there and adds the other; another zone has its own', () => {
    const { stack } = onSite(['a.example.com'], (stack) => {
      const zone = hostedZone(stack);
      const target = RecordTarget.fromIpAddresses('192.0.2.1');
      new ARecord(stack, 'There', { zone, recordName: 'a', target });
      const inside = HostedZone.fromHostedZoneAttributes(stack, 'In', { hostedZoneId: 'Z2', zoneName: 'example.com' });
      new AaaaRecord(stack, 'Inside', { zone: inside, recordName: 'a', target: RecordTarget.fromIpAddresses('::1') });
      return { domainName: 'a.example.com', hostedZone: zone };
    });
    const records = Object.values(Template.fromStack(stack).findResources('AWS::Route53::RecordSet'));
    expect(records.map(({ Properties }) => `${Properties.Type} ${Properties.HostedZoneId}`).sort()).toEqual([
      'A Z1',
      'AAAA Z1',
      'AAAA Z2',
    ]);
  });

  test('of another stack is refused', () => {
    const { stack, issuer } = issuerIn();
    const other = new Stack(stack.node.root as App, 'Other');
    expect(
      () => new TokenIssuer(other, 'Issuer', { issuer: 'https://b.example.com', distribution: issuer.distribution }),
    ).toThrow('distribution must be a Distribution of the same stack');
  });
});

test('an issuer is made once', () => {
  const { stack } = issuerIn();
  expect(() => new TokenIssuer(stack, 'Again', { issuer: 'https://auth.example.com' })).toThrow(
    'issuer https://auth.example.com must be made once, Keyturn/Issuer makes it',
  );
});

test('one that another stack has made can be granted, and measured', () => {
  const stack = new Stack(new App({ context: CONTEXT, builtinCloudFormationValidation: false }), 'Keyturn');
  const issuer = TokenIssuer.fromAttributes(stack, 'Issuer', {
    issuerUrl: 'https://auth.example.com',
    signFunctionName: 'sign-1',
    operateFunctionName: 'operate-1',
    tableName: 'table-1',
    bucketName: 'bucket-1',
  });
  const grants = callerGrants(stack, (role) => {
    issuer.grantSign(role);
    issuer.grantOperate(role);
    issuer.grantRead(role);
  });
  expect(grants).toEqual([
    ['lambda:InvokeFunction', 'function:operate-1 function:sign-1:any'],
    ['lambda:InvokeFunctionUrl', 'function:sign-1:any'],
    ['dynamodb:GetItem', 'table/table-1'],
    ['s3:GetObject', 'bucket-1/public/*'],
  ]);
  expect(issuer.metricSignErrors().toMetricConfig().metricStat).toMatchObject({
    namespace: 'AWS/Lambda',
    metricName: 'Errors',
    dimensions: [{ name: 'FunctionName' }],
  });
});

test('what Lambda and SQS measure has names', () => {
  const { issuer } = issuerIn();
  const name = (metric: { toMetricConfig(): { metricStat?: { metricName: string; statistic: string } } }) => {
    const { metricName, statistic } = metric.toMetricConfig().metricStat ?? { metricName: '', statistic: '' };
    return `${statistic} ${metricName}`;
  };
  expect([
    name(issuer.metricSignInvocations()),
    name(issuer.metricSignThrottles()),
    name(issuer.metricSignDuration({ statistic: 'p99' })),
    name(issuer.metricTicks()),
    name(issuer.metricTickErrors()),
    name(issuer.metricFailedTicks()),
  ]).toEqual([
    'Sum Invocations',
    'Sum Throttles',
    'p99 Duration',
    'Sum Invocations',
    'Sum Errors',
    'Maximum ApproximateNumberOfMessagesVisible',
  ]);
});

/** Action and the end of the resource of each statement that a role gets. */
function callerGrants(stack: Stack, grant: (role: Role) => void): [string, string][] {
  const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
  grant(role);
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement) as {
    Action: string;
    Resource: unknown;
  }[];
  const ends = /(?:function|table)[:/][\w:/-]+|bucket-1\/public\/\*/g;
  return statements.map(({ Action, Resource }) => [
    Action,
    [...new Set(JSON.stringify(Resource).match(ends))].join(' '),
  ]);
}
