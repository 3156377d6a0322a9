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
