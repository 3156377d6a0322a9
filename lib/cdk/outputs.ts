/** What the keyturn command looks for in a stack. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { documentPaths } from '../core/issuer.ts';
import type { IssuerClient } from './clients.ts';
import type { Whereabouts } from './grants.ts';
import type { TokenIssuerProps } from './props.ts';
import type { TokenIssuer } from './token-issuer.ts';

/** The names behind the grants and the outputs. */
export const whereaboutsOf = (issuer: TokenIssuer): Whereabouts => ({
  stackName: Stack.of(issuer).stackName,
  scheduleName: issuer.ticking.schedule.scheduleName,
  signLogGroupName: issuer.signFunction.logGroup.logGroupName,
});

/** The first issuer of a stack has the plain names; those of a further one begin with the path of its construct. */
export function addOutputs(issuer: TokenIssuer, { domainName }: TokenIssuerProps): void {
  const { distributionDomainName } = issuer.distribution;
  const { scheduleName, signLogGroupName } = whereaboutsOf(issuer);
  const values = {
    IssuerUrl: issuer.policy.issuer,
    // Where the keys are in any case: the issuer's own host may be somebody else's to answer at.
    JwksUrl: `https://${domainName ?? distributionDomainName}${documentPaths(issuer.policy.issuer).jwks}`,
    SignFunctionName: issuer.signFunction.functionName,
    SignUrl: issuer.signUrl?.url ?? '',
    OperateFunctionName: issuer.operateFunction.functionName,
    ScheduleName: scheduleName,
    SignLogGroupName: signLogGroupName,
    TableName: issuer.table.tableName,
    BucketName: issuer.bucket.bucketName,
    DistributionId: issuer.distribution.distributionId,
    DistributionDomain: distributionDomainName,
  };
  for (const [name, value] of Object.entries(values)) addOutput(issuer, name, value);
}

/** `SignUrlOrdersApi` for the client `orders-api`. */
export function addClientOutput(issuer: TokenIssuer, { name, url }: IssuerClient): void {
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  addOutput(issuer, `SignUrl${words.join('')}`, url.url);
}

function addOutput(issuer: TokenIssuer, name: string, value: string): void {
  const output = new CfnOutput(issuer, name, { value });
  const first = Stack.of(issuer)
    .node.findAll()
    .find(({ node }) => node.id === 'IssuerUrl');
  if (first?.node.scope === issuer) output.overrideLogicalId(name);
}
