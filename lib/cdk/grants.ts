/** What people may be granted: to operate, to read, to audit. docs/operating.md says which verb of the command needs what. */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { TokenIssuerBase } from './issuer-base.ts';
import { ownItems, TAGS } from './permissions.ts';
import { ROLE_KINDS, roleArn } from './roles.ts';

/** What only the stack that makes the issuer knows without being told. */
export interface Whereabouts {
  readonly stackName: string;
  readonly scheduleName: string;
  readonly signLogGroupName: string;
}

interface Allowed {
  readonly actions: string[];
  readonly resources: string[];
  readonly conditions?: Record<string, Record<string, unknown>>;
}

const give = (grantee: IGrantable, allowed: readonly Allowed[]): Grant =>
  allowed
    .filter(({ resources }) => resources.length > 0)
    .map(({ actions, resources: resourceArns, conditions }) =>
      Grant.addToPrincipal({ grantee, actions, resourceArns, ...(conditions && { conditions }) }),
    )
    .reduce((all, one) => all.combine(one));

/** Not the library's grantInvoke: it adds versions and aliases, and there are none. */
export const grantOperating = (issuer: TokenIssuerBase, grantee: IGrantable): Grant =>
  give(grantee, [
    { actions: ['lambda:InvokeFunction'], resources: [issuer.operateFunction.functionArn] },
    ...findingTheStack(issuer),
  ]);

export const grantReading = (issuer: TokenIssuerBase, grantee: IGrantable): Grant =>
  give(grantee, [...reading(issuer), ...findingTheStack(issuer)]);

export const grantAuditing = (issuer: TokenIssuerBase, grantee: IGrantable): Grant =>
  give(grantee, [...reading(issuer), ...findingTheStack(issuer), ...auditing(issuer)]);

const arnIn = (issuer: TokenIssuerBase, service: string, resource: string, resourceName: string): string =>
  Stack.of(issuer).formatArn({ service, resource, resourceName });

/** By its outputs the command finds everything else. */
const findingTheStack = (issuer: TokenIssuerBase): Allowed[] => {
  const { stackName } = issuer.whereabouts;
  if (stackName === undefined) return [];
  const resources = [arnIn(issuer, 'cloudformation', 'stack', `${stackName}/*`)];
  return [{ actions: ['cloudformation:DescribeStacks'], resources }];
};

const reading = ({ issuerUrl, table, bucket }: TokenIssuerBase): Allowed[] => [
  { actions: ['dynamodb:GetItem'], resources: [table.tableArn], conditions: ownItems(issuerUrl) },
  { actions: ['s3:GetObject'], resources: [bucket.arnForObjects('public/*')] },
];

/** Nothing of it changes anything; Logs Insights costs by what it reads. */
function auditing(issuer: TokenIssuerBase): Allowed[] {
  const { issuerUrl, bucket, signFunction, operateFunction } = issuer;
  const { scheduleName, signLogGroupName } = issuer.whereabouts;
  const ofThisIssuer = { StringEquals: { [`aws:ResourceTag/${TAGS.issuer}`]: issuerUrl } };
  return [
    { actions: ['s3:ListBucketVersions'], resources: [bucket.bucketArn] },
    { actions: ['s3:GetObjectVersion'], resources: [bucket.arnForObjects('public/*')] },
    { actions: ['tag:GetResources', 'logs:GetQueryResults'], resources: ['*'] },
    {
      actions: ['kms:DescribeKey', 'kms:GetKeyPolicy'],
      resources: [arnIn(issuer, 'kms', 'key', '*')],
      conditions: ofThisIssuer,
    },
    {
      actions: ['lambda:GetFunctionConfiguration'],
      resources: [signFunction.functionArn, operateFunction.functionArn],
    },
    { actions: ['iam:SimulatePrincipalPolicy'], resources: ROLE_KINDS.map((kind) => roleArn(issuer, issuerUrl, kind)) },
    ...(scheduleName === undefined
      ? []
      : [
          {
            actions: ['scheduler:GetSchedule'],
            resources: [arnIn(issuer, 'scheduler', 'schedule', `default/${scheduleName}`)],
          },
        ]),
    ...(signLogGroupName === undefined
      ? []
      : [{ actions: ['logs:StartQuery'], resources: [logGroupArn(issuer, signLogGroupName)] }]),
  ];
}

const logGroupArn = (issuer: TokenIssuerBase, name: string): string =>
  Stack.of(issuer).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: `${name}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
