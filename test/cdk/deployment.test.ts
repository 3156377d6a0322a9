/** The last step of a deployment and the first of its end, as CloudFormation is told. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import type { TokenIssuerProps } from '../../lib/cdk/props.ts';
import { issuerIn, templateOf } from './synth.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, never>;
  readonly DependsOn?: readonly string[];
}
const resourcesOf = (template: Template) => (template.toJSON() as { Resources: Record<string, Resource> }).Resources;
const TYPE = 'Custom::KeyturnDeployment';
const asked = (template: Template) => Object.values(template.findResources(TYPE))[0] as unknown as Resource;
const TEMPLATE = templateOf();

describe('the deployment', () => {
  test('comes after everything of the issuer but its schedule', () => {
    const resources = resourcesOf(TEMPLATE);
    const before = new Set(asked(TEMPLATE).DependsOn);
    const after = Object.keys(resources).filter((id) => !before.has(id) && resources[id]?.Type !== TYPE);
    expect(after.filter((id) => !/^Issuer(Ticking|DeploymentFunction)/.test(id))).toEqual([]);
    expect([...before].some((id) => /^IssuerTicking/.test(id))).toBe(false);
  });

  test('makes the first key, so the schedule waits for it', () => {
    const [schedule] = Object.values(TEMPLATE.findResources('AWS::Scheduler::Schedule')) as unknown as Resource[];
    const [id] = Object.keys(TEMPLATE.findResources(TYPE));
    expect(schedule?.DependsOn).toContain(id);
  });

  test('may take as long as Lambda lets it', () => {
    TEMPLATE.hasResourceProperties(TYPE, { ServiceTimeout: '900' });
    TEMPLATE.hasResourceProperties('AWS::Lambda::Function', {
      Timeout: 900,
      Environment: {
        Variables: { KEYTURN_ISSUER: 'https://auth.example.com', KEYTURN_ROTATE_FUNCTION: Match.anyValue() },
      },
    });
  });

  test('asks the rotator and for a canary, and may do nothing else', () => {
    const [policy] = Object.values(TEMPLATE.findResources('AWS::IAM::Policy')).filter(({ Properties }) =>
      JSON.stringify(Properties.Roles).includes('DeploymentRole'),
    );
    const statements = policy?.Properties.PolicyDocument.Statement as { Action: string; Resource: unknown }[];
    const called = statements.find(({ Action }) => Action === 'lambda:InvokeFunction')?.Resource;
    expect(JSON.stringify(called)).toMatch(
      /^\[{"Fn::GetAtt":\["IssuerRotate\w+","Arn"\]},{"Ref":"IssuerSignAliascanary\w+"}\]$/,
    );
    expect(statements.map(({ Action }) => Action)).toEqual([
      'lambda:InvokeFunction',
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
    ]);
  });
});

describe('what it is told has changed', () => {
  const told = (props: Partial<TokenIssuerProps>) => {
    const { Edge, Issuer } = asked(templateOf(props)).Properties;
    return { edge: Edge, issuer: Issuer };
  };
  const plain = told({});

  test('is nothing where nothing did', () => expect(told({})).toEqual(plain));
  test('is the issuer and not its edge for a window', () => {
    const { edge, issuer } = told({ memorySize: 1024 });
    expect([edge === plain.edge, issuer === plain.issuer]).toEqual([true, false]);
  });
  test('is both for a change of the distribution', () => {
    const { stack, issuer } = issuerIn();
    (
      issuer.distribution.node.defaultChild as never as { addPropertyOverride(path: string, value: unknown): void }
    ).addPropertyOverride('DistributionConfig.PriceClass', 'PriceClass_100');
    const { Edge, Issuer } = asked(Template.fromStack(stack)).Properties;
    expect([Edge === plain.edge, Issuer === plain.issuer]).toEqual([false, false]);
  });
});

describe('where the state goes with the stack', () => {
  const template = templateOf({ removalPolicy: RemovalPolicy.DESTROY });
  const variables = (from: Template) =>
    Object.values(from.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.Environment?.Variables ?? {},
    );

  test('the operator may close the issuer, and the deployment asks it to', () => {
    expect(variables(template).filter(({ KEYTURN_MAY_CLOSE }) => KEYTURN_MAY_CLOSE === 'yes')).toHaveLength(1);
    expect(variables(template).filter(({ KEYTURN_OPERATE_FUNCTION }) => KEYTURN_OPERATE_FUNCTION)).toHaveLength(1);
    const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement as { Sid?: string; Resource: unknown }[],
    );
    const asks = statements.find(({ Sid }) => Sid === 'AskTheIssuerItself');
    expect(JSON.stringify(asks?.Resource)).toContain('IssuerOperate');
  });

  test('and nowhere else', () => {
    expect(JSON.stringify(variables(TEMPLATE))).not.toMatch(/MAY_CLOSE|OPERATE_FUNCTION/);
    expect(JSON.stringify(TEMPLATE.toJSON())).not.toContain('S3AutoDeleteObjects');
  });

  test('CDK empties the bucket, alone, and before the bucket goes and after the issuer was closed', () => {
    template.resourceCountIs('Custom::S3AutoDeleteObjects', 1);
    const [cleaner] = Object.keys(template.findResources('Custom::S3AutoDeleteObjects'));
    expect(asked(template).DependsOn).toContain(cleaner);
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Sid: 'NobodyDeletes',
            Effect: 'Deny',
            Condition: {
              ArnNotEquals: {
                'aws:PrincipalArn': [
                  {
                    'Fn::GetAtt': [
                      Match.stringLikeRegexp('^CustomS3AutoDeleteObjectsCustomResourceProviderRole'),
                      'Arn',
                    ],
                  },
                ],
              },
            },
          }),
        ]),
      },
    });
  });
});
