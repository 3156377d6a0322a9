/** One synchronous invocation of a function of ours: what it answers, or what it threw in its own words. */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { type ErrorCode, KeyturnError, OPERATION_CODES, REQUEST_CODES } from '../core/errors.ts';

export interface Target {
  readonly functionName: string;
  readonly alias?: string;
}

/** @throws KeyturnError with the code that the function threw, `function_failed` for any other failure in it */
export async function invokeFunction<Answer>(lambda: LambdaClient, target: Target, event: object): Promise<Answer> {
  const { functionName, alias } = target;
  const command = new InvokeCommand({
    FunctionName: functionName,
    ...(alias && { Qualifier: alias }),
    Payload: JSON.stringify(event),
  });
  const answer = await lambda.send(command);
  const payload: Record<string, unknown> = Object(JSON.parse(Buffer.from(answer.Payload ?? []).toString() || '{}'));
  if (!answer.FunctionError) return payload as Answer;
  const { errorType, errorMessage } = payload;
  const message = String(errorMessage ?? answer.FunctionError);
  if (isCode(errorType)) throw new KeyturnError(errorType, message);
  throw new KeyturnError('function_failed', `${functionName} failed: ${String(errorType)}: ${message}`);
}

const isCode = (name: unknown): name is ErrorCode =>
  typeof name === 'string' &&
  (Object.hasOwn(REQUEST_CODES, name) || (OPERATION_CODES as readonly string[]).includes(name));
