/** What the roles of an issuer must be able to do, as questions to IAM's policy simulator. The same as lib/cdk/permissions.ts. */
import type { Policy } from '../core/config.ts';
import { documentPaths } from '../core/issuer.ts';
import type { ActiveKey } from '../core/keyring.ts';
import { TAGS } from './kms-keys.ts';
import { KMS_NAMES } from './kms-names.ts';
import { tickItem } from './tick-records.ts';

export interface Need {
  readonly actions: readonly string[];
  /** `*` where an action has no resource. */
  readonly resource: string;
  /** What IAM would know of the request. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

export interface IssuerResources {
  readonly policy: Policy;
  readonly key: Pick<ActiveKey, 'keyArn' | 'algorithm'>;
  readonly tableName: string;
  readonly bucketName: string;
  readonly distributionId: string;
  readonly signFunctionName: string;
}

const DAY = 86_400;

export type RoleKind = 'signer' | 'rotator' | 'operator';

export function roleNeeds(resources: IssuerResources): Readonly<Record<RoleKind, readonly Need[]>> {
  const { policy, key, tableName } = resources;
  const { issuer } = policy;
  const { signingAlgorithm, messageType } = KMS_NAMES[key.algorithm];
  const table = arnLike(key.keyArn, 'dynamodb', `table/${tableName}`);
  const item = (...keys: string[]) => ({ 'dynamodb:LeadingKeys': keys });
  const ofThisIssuer = { [`aws:ResourceTag/${TAGS.issuer}`]: issuer };
  const sign: Need = {
    actions: ['kms:Sign'],
    resource: key.keyArn,
    context: { ...ofThisIssuer, 'kms:SigningAlgorithm': signingAlgorithm, 'kms:MessageType': messageType },
  };
  const reading: Need = { actions: ['dynamodb:GetItem'], resource: table, context: item(issuer) };
  const saving: Need = { ...reading, actions: ['dynamodb:GetItem', 'dynamodb:PutItem'] };
  const record: Need = { actions: ['dynamodb:PutItem'], resource: table, context: item(tickItem(issuer)) };
  const rotating = [...keeping(resources), ...publishing(resources), saving];
  return { signer: [sign, reading], rotator: [...rotating, record], operator: rotating };
}

function keeping({ policy, key: { keyArn, algorithm } }: IssuerResources): Need[] {
  const { issuer, deletionWindow } = policy;
  const usage = { 'kms:KeyUsage': 'SIGN_VERIFY' };
  const ours = { [`aws:ResourceTag/${TAGS.issuer}`]: issuer, ...usage };
  const born = {
    [`aws:RequestTag/${TAGS.issuer}`]: issuer,
    'aws:TagKeys': Object.values(TAGS),
    'kms:KeySpec': KMS_NAMES[algorithm].keySpec,
    'kms:KeyOrigin': 'AWS_KMS',
    'kms:MultiRegion': 'false',
    'kms:BypassPolicyLockoutSafetyCheck': 'false',
    ...usage,
  };
  const window = { 'kms:ScheduleKeyDeletionPendingWindowInDays': String(deletionWindow / DAY) };
  const look = ['kms:DescribeKey', 'kms:DisableKey', 'kms:GetKeyPolicy', 'kms:GetPublicKey'];
  return [
    { actions: ['kms:CreateKey', 'kms:TagResource'], resource: '*', context: born },
    { actions: look, resource: keyArn, context: ours },
    { actions: ['kms:ScheduleKeyDeletion'], resource: keyArn, context: { ...ours, ...window } },
    { actions: ['tag:GetResources'], resource: '*', context: {} },
  ];
}

function publishing({ policy, key, bucketName, distributionId, signFunctionName }: IssuerResources): Need[] {
  const [, partition, , , account] = key.keyArn.split(':');
  const bucket = `arn:${partition}:s3:::${bucketName}`;
  const edge = `arn:${partition}:cloudfront::${account}:distribution/${distributionId}`;
  const canary = arnLike(key.keyArn, 'lambda', `function:${signFunctionName}:canary`);
  const object = `${bucket}/public${documentPaths(policy.issuer).jwks}`;
  return [
    { actions: ['s3:GetObject', 's3:PutObject'], resource: object, context: {} },
    { actions: ['s3:ListBucket'], resource: bucket, context: {} },
    { actions: ['cloudfront:CreateInvalidation'], resource: edge, context: {} },
    { actions: ['lambda:InvokeFunction'], resource: canary, context: {} },
  ];
}

/** Of the same partition, Region and account. */
const arnLike = (arn: string, service: string, resource: string): string => {
  const [, partition, , region, account] = arn.split(':');
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
};
