/** What the keyturn command looks for in a stack. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { documentPaths } from '../core/issuer.ts';
import type { TokenIssuer } from './token-issuer.ts';

/** The first issuer of a stack has the plain names; those of a further one begin with the path of its construct. */
export function addOutputs(issuer: TokenIssuer): void {
  const { origin } = new URL(issuer.policy.issuer);
  const values = {
    IssuerUrl: issuer.policy.issuer,
    JwksUrl: `${origin}${documentPaths(issuer.policy.issuer).jwks}`,
    SignFunctionName: issuer.signFunction.functionName,
    SignUrl: issuer.signUrl.url,
    OperateFunctionName: issuer.operateFunction.functionName,
    TableName: issuer.table.tableName,
    BucketName: issuer.bucket.bucketName,
    DistributionId: issuer.distribution.distributionId,
    DistributionDomain: issuer.distribution.distributionDomainName,
  };
  const isTaken = Stack.of(issuer)
    .node.findAll()
    .some((construct) => construct instanceof CfnOutput && construct.node.id === 'IssuerUrl');
  for (const [name, value] of Object.entries(values)) {
    const output = new CfnOutput(issuer, name, { value });
    if (!isTaken) output.overrideLogicalId(name);
  }
}
