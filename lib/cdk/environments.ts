/** What the handlers read: the same names as lib/cli/local-stack.ts gives them. */
import { RemovalPolicy } from 'aws-cdk-lib';
import type {
  DeployEnvironment,
  OperateEnvironment,
  RotateEnvironment,
  SignEnvironment,
  WatchEnvironment,
} from '../../functions/environment.ts';
import { policyToJson } from '../core/config.ts';
import { signerPolicyToJson } from '../core/signer-policy.ts';
import { originOf } from './domain.ts';
import type { TokenIssuer } from './token-issuer.ts';

const METRICS = { KEYTURN_METRICS: 'yes' } as const;

export const signEnvironment = ({ policy, table, hasMetrics }: TokenIssuer) =>
  ({
    KEYTURN_POLICY: JSON.stringify(signerPolicyToJson(policy)),
    KEYTURN_TABLE: table.tableName,
    ...(hasMetrics && METRICS),
  }) satisfies SignEnvironment;

const edgeOf = ({ distribution }: TokenIssuer, observeAt: string | undefined) =>
  observeAt === undefined ? `https://${distribution.distributionDomainName}` : originOf(observeAt);

export const rotateEnvironment = (issuer: TokenIssuer, observeAt: string | undefined) => {
  const { policy, table, bucket, distribution, signFunction, roles } = issuer;
  return {
    KEYTURN_POLICY: JSON.stringify(policyToJson(policy)),
    KEYTURN_TABLE: table.tableName,
    KEYTURN_BUCKET: bucket.bucketName,
    KEYTURN_DISTRIBUTION_ID: distribution.distributionId,
    KEYTURN_EDGE_URL: edgeOf(issuer, observeAt),
    KEYTURN_SIGN_FUNCTION: signFunction.functionName,
    KEYTURN_SIGNER_ROLE_ARN: roles.arnOf('signer'),
    KEYTURN_ROTATOR_ROLE_ARNS: roles.rotatorArns.join(','),
    ...(issuer.hasMetrics && METRICS),
    ...(issuer.hasEvents && { KEYTURN_EVENTS: 'yes' as const }),
    ...(issuer.hasPage && { KEYTURN_PAGE: 'yes' as const }),
  } satisfies RotateEnvironment;
};

export const operateEnvironment = (issuer: TokenIssuer, observeAt: string | undefined) =>
  ({
    ...rotateEnvironment(issuer, observeAt),
    ...(issuer.removalPolicy === RemovalPolicy.DESTROY && { KEYTURN_MAY_CLOSE: 'yes' }),
    ...(issuer.allowsImport && { KEYTURN_MAY_IMPORT: 'yes' }),
  }) satisfies OperateEnvironment;

export const deployEnvironment = (issuer: TokenIssuer, observeAt: string | undefined) =>
  ({
    KEYTURN_ISSUER: issuer.policy.issuer,
    KEYTURN_EDGE_URL: edgeOf(issuer, observeAt),
    KEYTURN_SIGN_FUNCTION: issuer.signFunction.functionName,
    KEYTURN_ROTATE_FUNCTION: issuer.rotateFunction.functionName,
    ...(issuer.removalPolicy === RemovalPolicy.DESTROY && {
      KEYTURN_OPERATE_FUNCTION: issuer.operateFunction.functionName,
    }),
  }) satisfies DeployEnvironment;

export const watchEnvironment = ({ policy, table, hasMetrics }: TokenIssuer) =>
  ({
    KEYTURN_ISSUER: policy.issuer,
    KEYTURN_TABLE: table.tableName,
    ...(hasMetrics && METRICS),
  }) satisfies WatchEnvironment;
