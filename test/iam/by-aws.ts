/** What AWS itself asks on behalf of a deployed stack: no run on one machine shows it, the template says it. */
import { ACCOUNT, REGION } from '../../lib/local/wire.ts';
import type { Asked } from './calls.ts';
import type { Principal } from './decide.ts';
import { CALLERS } from './names.ts';
import type { Resolved } from './template.ts';

export interface Ask extends Asked {
  readonly principal: Principal;
}

type Properties = Readonly<Record<string, unknown>>;

export function askedByAws(template: Resolved): Ask[] {
  const all = (type: string, asks: (properties: Properties, id: string) => Ask[]) =>
    template.ofType(type).flatMap(([id, properties]) => asks(properties, id));
  return [
    ...all('AWS::Lambda::Function', runs),
    ...all('AWS::Lambda::EventInvokeConfig', (properties) => reportsFailure(properties, template)),
    ...all('AWS::Scheduler::Schedule', ticks),
    ...all('AWS::Events::Rule', (properties, id) => hands(properties, id, template)),
    ...all('AWS::CloudFront::Distribution', (properties, id) => fetches(properties, id, template)),
    ...all('AWS::Lambda::Url', isPostedTo),
    ...all('Custom::S3AutoDeleteObjects', (properties) => empties(properties, template)),
  ];
}

const assumes = (service: string, role: unknown, context: Asked['context'] = {}): Ask => ({
  principal: { service },
  action: 'sts:AssumeRole',
  resource: String(role),
  context,
});

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html */
function runs({ Role: role, LoggingConfig }: Properties, id: string): Ask[] {
  const { LogGroup } = (LoggingConfig ?? { LogGroup: `/aws/lambda/${id}` }) as { LogGroup: string };
  const stream = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${LogGroup}:log-stream:2026/11/01/[1]0123`;
  const logs = ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({
    principal: { arn: String(role) },
    action,
    resource: stream,
    context: {},
  }));
  return [assumes('lambda.amazonaws.com', role), ...logs];
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function reportsFailure({ FunctionName, DestinationConfig }: Properties, template: Resolved): Ask[] {
  const { OnFailure } = (DestinationConfig ?? {}) as { OnFailure?: { Destination: string } };
  if (!OnFailure) return [];
  const [, { Role = '' } = {}] =
    template.ofType('AWS::Lambda::Function').find(([id]) => template.name(id) === FunctionName) ?? [];
  return [
    { principal: { arn: String(Role) }, action: 'sqs:SendMessage', resource: OnFailure.Destination, context: {} },
  ];
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html */
function ticks({ Target }: Properties): Ask[] {
  const { Arn, RoleArn } = Target as { Arn: string; RoleArn: string };
  const group = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule-group/default`;
  return [
    assumes('scheduler.amazonaws.com', RoleArn, { 'aws:sourcearn': group, 'aws:sourceaccount': ACCOUNT }),
    {
      principal: { arn: RoleArn },
      action: 'lambda:InvokeFunction',
      resource: Arn,
      context: { 'lambda:invokedviafunctionurl': null },
    },
  ];
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html */
const hands = ({ Targets }: Properties, id: string, template: Resolved): Ask[] =>
  (Targets as { Arn: string }[]).map(({ Arn }) => ({
    principal: { service: 'events.amazonaws.com' },
    action: 'lambda:InvokeFunction',
    resource: Arn,
    context: { 'aws:sourcearn': template.arn(id), 'lambda:invokedviafunctionurl': null },
  }));

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html */
function fetches({ DistributionConfig }: Properties, id: string, template: Resolved): Ask[] {
  const { Origins } = DistributionConfig as { Origins: { DomainName: string; OriginPath: string }[] };
  return Origins.map(({ DomainName, OriginPath }) => ({
    principal: { service: 'cloudfront.amazonaws.com' },
    action: 's3:GetObject',
    resource: `${template.arn(DomainName.split('.')[0] ?? '')}${OriginPath}/.well-known/jwks.json`,
    context: { 'aws:sourcearn': `arn:aws:cloudfront::${ACCOUNT}:distribution/${template.name(id)}` },
  }));
}

/** Two permissions since October 2025: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html */
function isPostedTo({ TargetFunctionArn, Qualifier, AuthType }: Properties): Ask[] {
  const resource = `${TargetFunctionArn}:${Qualifier}`;
  const arn = CALLERS[resource.split(':function:')[1] ?? ''];
  if (!arn) throw new Error(`nobody is known to post to ${resource}`);
  const principal = { arn };
  const url = { 'lambda:functionurlauthtype': String(AuthType) };
  return [
    { principal, action: 'lambda:InvokeFunctionUrl', resource, context: url },
    { principal, action: 'lambda:InvokeFunction', resource, context: { 'lambda:invokedviafunctionurl': 'true' } },
  ];
}

/** https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_s3-readme.html#bucket-deletion */
function empties({ ServiceToken, BucketName }: Properties, template: Resolved): Ask[] {
  const [, { Role = '' } = {}] =
    template.ofType('AWS::Lambda::Function').find(([id]) => template.arn(id) === ServiceToken) ?? [];
  const principal = { arn: String(Role) };
  const bucket = `arn:aws:s3:::${BucketName}`;
  return [
    { principal, action: 's3:ListBucketVersions', resource: bucket, context: {} },
    { principal, action: 's3:DeleteObjectVersion', resource: `${bucket}/public/index.html`, context: {} },
  ];
}
