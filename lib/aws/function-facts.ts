/** What a deployed function says of itself: the environment that it was given, and where it logs. */
import { GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';

export interface FunctionFacts {
  readonly environment: Readonly<Record<string, string>>;
  readonly logGroup: string;
}

export async function functionFacts(lambda: LambdaClient, functionName: string): Promise<FunctionFacts> {
  const answer = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
  return {
    environment: answer.Environment?.Variables ?? {},
    logGroup: answer.LoggingConfig?.LogGroup ?? `/aws/lambda/${functionName}`,
  };
}
