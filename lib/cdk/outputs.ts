/** What the keyturn command looks for in a stack. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
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
  const stack = Stack.of(issuer);
  if (!FIRST.has(stack)) {
    FIRST.set(stack, issuer);
    issuer.node.addValidation({ validate: () => namesTaken(issuer) });
  }
  for (const [name, value] of Object.entries(values)) addOutput(issuer, name, value);
}

/** `SignUrlOrdersApi` for the client `orders-api`. */
export function addClientOutput(issuer: TokenIssuer, { name, url }: IssuerClient): void {
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  addOutput(issuer, `SignUrl${words.join('')}`, url.url);
}

/** Whose outputs have the plain names. */
const FIRST = new WeakMap<Stack, TokenIssuer>();

function addOutput(issuer: TokenIssuer, name: string, value: string): void {
  const output = new CfnOutput(issuer, name, { value });
  if (FIRST.get(Stack.of(issuer)) === issuer) output.overrideLogicalId(name);
}

/** CDK's own sentence for two outputs of one name does not say that the other one is the issuer's. */
function namesTaken(issuer: TokenIssuer): string[] {
  const stack = Stack.of(issuer);
  const outputs = stack.node.findAll().filter((one) => one instanceof CfnOutput && Stack.of(one) === stack);
  const idOf = (output: IConstruct): string => stack.resolve((output as CfnOutput).logicalId);
  const own = new Set(outputs.filter(({ node }) => node.scope === issuer).map(idOf));
  return outputs
    .filter((output) => output.node.scope !== issuer && own.has(idOf(output)))
    .map(
      (output) => `output ${idOf(output)} must be the issuer's, found ${output.node.path}: give that one another id`,
    );
}
