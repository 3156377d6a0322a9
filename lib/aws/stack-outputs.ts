/** The outputs of an issuer's stack, by their names. */
import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';

export interface IssuerOutputs {
  readonly IssuerUrl: string;
  readonly JwksUrl: string;
  readonly SignFunctionName: string;
  readonly OperateFunctionName: string;
  readonly TableName: string;
  readonly BucketName: string;
  readonly DistributionId: string;
  readonly DistributionDomain: string;
}

/**
 * Those of each issuer of a stack, under the plain names. One has them plain; those of a further one begin with the path of
 * its construct and end with CDK's digest of it: lib/cdk/outputs.ts.
 */
export function issuersOf(outputs: Readonly<Record<string, string>>): Readonly<Record<string, string>>[] {
  return Object.keys(outputs).flatMap((name) => {
    const [, path] = /^(.*)IssuerUrl(?:[0-9A-F]{8})?$/.exec(name) ?? [];
    if (path === undefined) return [];
    const own = Object.entries(outputs).filter(([other]) => other.startsWith(path));
    return [Object.fromEntries(own.map(([other, value]) => [plain(other.slice(path.length), path !== ''), value]))];
  });
}

const plain = (name: string, hasDigest: boolean): string => (hasDigest ? name.replace(/[0-9A-F]{8}$/, '') : name);

/** Undefined: there is no such stack. @throws what the SDK throws otherwise */
export async function stackOutputs(
  config: CloudFormationClientConfig,
  stackName: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const { Stacks = [] } = await new CloudFormationClient(config).send(
      new DescribeStacksCommand({ StackName: stackName }),
    );
    const outputs = Stacks[0]?.Outputs ?? [];
    return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message))
      return undefined;
    throw error;
  }
}
