/** Where a template's policies are, and to whom or what each is attached. */
import { label, type Resolved } from './template.ts';

export interface Attachment {
  /** The ARN of a role, or of the resource whose own policy it is. */
  readonly to: string;
  /** What its statements are called after. */
  readonly owner: string;
  readonly kind: 'onIdentity' | 'onResource';
  readonly document: unknown;
  readonly isTheOnlyWay?: boolean;
}

type Properties = Readonly<Record<string, unknown>>;

const POLICIES: Readonly<Record<string, (template: Resolved, id: string, properties: Properties) => Attachment[]>> = {
  'AWS::IAM::Role': roles,
  'AWS::IAM::Policy': (template, id, { PolicyDocument: document }) =>
    references(template, id, 'Roles').map((role) => ({ ...own(template, role), kind: 'onIdentity', document })),
  'AWS::S3::BucketPolicy': (template, id, { PolicyDocument: document }) =>
    references(template, id, 'Bucket').map((bucket) => ({ ...own(template, bucket), kind: 'onResource', document })),
  'AWS::DynamoDB::Table': (template, id, { ResourcePolicy }) =>
    ResourcePolicy === undefined
      ? []
      : [{ ...own(template, id), kind: 'onResource', document: (ResourcePolicy as Properties).PolicyDocument }],
  'AWS::SQS::QueuePolicy': (template, id, { PolicyDocument: document }) =>
    references(template, id, 'Queues').map((queue) => ({ ...own(template, queue), kind: 'onResource', document })),
  'AWS::Lambda::Permission': (_, id, properties) => [permission(label(id), properties)],
};
/** By their names alone of the kind that decides who may do what. */
const OTHERS = ['AWS::CloudFront::CachePolicy', 'AWS::CloudFront::ResponseHeadersPolicy'];

/** @throws Error for a kind of policy that is not read here */
export function attachments(template: Resolved): Attachment[] {
  const types = new Set([...template.resources.values()].map(({ Type }) => Type));
  const unread = [...types].find(
    (type) => /Polic(?:y|ies)$|Permission$|Grant$/.test(type) && !POLICIES[type] && !OTHERS.includes(type),
  );
  if (unread) throw new Error(`${unread} is not read here`);
  return Object.entries(POLICIES).flatMap(([type, read]) =>
    template.ofType(type).flatMap(([id, properties]) => read(template, id, properties)),
  );
}

function roles(template: Resolved, id: string, properties: Properties): Attachment[] {
  const { Policies = [], ManagedPolicyArns = [], AssumeRolePolicyDocument } = properties;
  if (properties.PermissionsBoundary) throw new Error(`${id}: a permissions boundary is not evaluated`);
  const { to, owner } = own(template, id);
  const inline = (Policies as { PolicyDocument: unknown }[]).map(({ PolicyDocument }) => PolicyDocument);
  const managed = (ManagedPolicyArns as string[]).map((arn) => managedPolicy(arn));
  return [
    { to, owner: `${owner} trust`, kind: 'onResource', document: AssumeRolePolicyDocument, isTheOnlyWay: true },
    // Also of a role that may nothing, so that it is known.
    ...[{ Version: '2012-10-17', Statement: [] }, ...inline, ...managed].map(
      (document): Attachment => ({ to, owner, kind: 'onIdentity', document }),
    ),
  ];
}

/** https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html */
function managedPolicy(arn: string): object {
  if (!arn.endsWith(':policy/service-role/AWSLambdaBasicExecutionRole')) throw new Error(`${arn} is not known here`);
  const Action = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] };
}

/**
 * One statement of a function's or an alias' own policy.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
 */
function permission(owner: string, properties: Properties): Attachment {
  const { FunctionName, Action, Principal, ...conditions } = properties;
  const KEYS: Readonly<Record<string, [operator: string, key: string]>> = {
    SourceArn: ['ArnLike', 'aws:SourceArn'],
    SourceAccount: ['StringEquals', 'aws:SourceAccount'],
    PrincipalOrgID: ['StringEquals', 'aws:PrincipalOrgID'],
    FunctionUrlAuthType: ['StringEquals', 'lambda:FunctionUrlAuthType'],
    InvokedViaFunctionUrl: ['Bool', 'lambda:InvokedViaFunctionUrl'],
  };
  const Condition: Record<string, Record<string, unknown>> = {};
  for (const [name, value] of Object.entries(conditions)) {
    const [operator, key] = KEYS[name] ?? [];
    if (!operator || !key) throw new Error(`${owner}: ${name} is not evaluated`);
    Condition[operator] = { ...Condition[operator], [key]: value };
  }
  const isService = /\.amazonaws\.com$/.test(String(Principal));
  const statement = {
    Effect: 'Allow',
    Action,
    Principal: isService ? { Service: Principal } : { AWS: Principal },
    Resource: FunctionName,
    Condition,
  };
  return {
    to: String(FunctionName),
    owner,
    kind: 'onResource',
    document: { Version: '2012-10-17', Statement: [statement] },
  };
}

const own = (template: Resolved, id: string) => ({ to: template.arn(id), owner: label(id) });

/** To whom or what a policy is attached. */
const references = (template: Resolved, id: string, property: string): string[] =>
  ([template.resources.get(id)?.Properties[property] ?? []].flat() as { Ref: string }[]).map(({ Ref }) => Ref);
