/** What the handlers read: the same names as lib/cli/local-stack.ts gives them. */
import type { RotateEnvironment, SignEnvironment } from '../../functions/environment.ts';
import { policyToJson } from '../core/config.ts';
import { signerPolicyToJson } from '../core/signer-policy.ts';
import type { TokenIssuer } from './token-issuer.ts';

export const signEnvironment = ({ policy, table }: TokenIssuer) =>
  ({
    KEYTURN_POLICY: JSON.stringify(signerPolicyToJson(policy)),
    KEYTURN_TABLE: table.tableName,
  }) satisfies SignEnvironment;

export const rotateEnvironment = (
  { policy, table, bucket, distribution, signFunction, roles }: TokenIssuer,
  observeAt = `https://${distribution.distributionDomainName}`,
) =>
  ({
    KEYTURN_POLICY: JSON.stringify(policyToJson(policy)),
    KEYTURN_TABLE: table.tableName,
    KEYTURN_BUCKET: bucket.bucketName,
    KEYTURN_DISTRIBUTION_ID: distribution.distributionId,
    KEYTURN_EDGE_URL: observeAt,
    KEYTURN_SIGN_FUNCTION: signFunction.functionName,
    KEYTURN_SIGNER_ROLE_ARN: roles.arnOf('signer'),
    KEYTURN_ROTATOR_ROLE_ARNS: roles.rotatorArns.join(','),
  }) satisfies RotateEnvironment;
