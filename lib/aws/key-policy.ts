/**
 * The policy that a KMS key is born with. Nobody in the system may change it later, so it names no role as principal
 * (a deleted and recreated role has another id behind the same name) and lists roles by ARN in conditions instead.
 *
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
 */
import type { Algorithm } from '../core/algorithms.ts';
import { KMS_NAMES } from './kms-names.ts';

export interface KeyRoles {
  readonly signerRoleArn: string;
  /** Who creates, disables and schedules keys: the rotator and the operator. */
  readonly rotatorRoleArns: readonly string[];
}

export function keyPolicy({ signerRoleArn, rotatorRoleArns }: KeyRoles, algorithm: Algorithm) {
  const { signingAlgorithm, messageType } = KMS_NAMES[algorithm];
  const [, partition, , , accountId] = signerRoleArn.split(':');
  const account = { AWS: `arn:${partition}:iam::${accountId}:root` };
  return {
    Version: '2012-10-17',
    Id: 'keyturn-1',
    Statement: [
      {
        // KMS refuses a policy under which its creator could not change it later: the account's own IAM policies
        // decide about everything but Sign, and no role of ours has kms:PutKeyPolicy there.
        Sid: 'AccountAdministersThroughIam',
        Effect: 'Allow',
        Principal: account,
        Action: [
          'kms:CancelKeyDeletion',
          'kms:Describe*',
          'kms:Disable*',
          'kms:Enable*',
          'kms:Get*',
          'kms:List*',
          'kms:Put*',
          'kms:ScheduleKeyDeletion',
          'kms:TagResource',
        ],
        Resource: '*',
      },
      {
        Sid: 'OnlyTheSignerSigns',
        Effect: 'Allow',
        Principal: account,
        Action: 'kms:Sign',
        Resource: '*',
        Condition: {
          ArnEquals: { 'aws:PrincipalArn': signerRoleArn },
          StringEquals: { 'kms:SigningAlgorithm': signingAlgorithm, 'kms:MessageType': messageType },
        },
      },
      {
        // Explicit, because the account's administrators often hold kms:*.
        Sid: 'NobodyElseSigns',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'kms:Sign',
        Resource: '*',
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': signerRoleArn } },
      },
      {
        Sid: 'NobodySignsOtherwise',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'kms:Sign',
        Resource: '*',
        Condition: { StringNotEquals: { 'kms:SigningAlgorithm': signingAlgorithm } },
      },
      {
        Sid: 'NobodySignsAnotherMessageType',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'kms:Sign',
        Resource: '*',
        Condition: { StringNotEquals: { 'kms:MessageType': messageType } },
      },
      {
        // A grant would hand on kms:Sign past every policy.
        Sid: 'NobodyGrants',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'kms:CreateGrant',
        Resource: '*',
      },
      {
        // The tags are what the roles' permissions hang on, and they are complete at birth.
        Sid: 'NobodyElseRetags',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: ['kms:TagResource', 'kms:UntagResource'],
        Resource: '*',
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': [...rotatorRoleArns] } },
      },
    ],
  };
}
