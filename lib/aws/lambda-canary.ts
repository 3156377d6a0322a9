/** The Canary port: the sign function, through the alias that only the rotator may invoke. */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { type ErrorCode, KeyturnError, OPERATION_CODES, REQUEST_CODES } from '../core/errors.ts';
import type { Canary } from '../core/ports.ts';

export class LambdaCanary implements Canary {
  readonly #lambda: LambdaClient;
  readonly #functionName: string;

  constructor(lambda: LambdaClient, functionName: string) {
    this.#lambda = lambda;
    this.#functionName = functionName;
  }

  async token(): Promise<string> {
    const answer = await this.#lambda.send(
      new InvokeCommand({ FunctionName: this.#functionName, Qualifier: 'canary', Payload: '{}' }),
    );
    const payload: Record<string, unknown> = Object(JSON.parse(Buffer.from(answer.Payload ?? []).toString() || '{}'));
    if (!answer.FunctionError && typeof payload.token === 'string') return payload.token;
    const { errorType, errorMessage } = payload;
    const code = isCode(errorType) ? errorType : 'kms_unavailable';
    throw new KeyturnError(code, `the sign function made no canary: ${String(errorMessage ?? answer.FunctionError)}`);
  }
}

const isCode = (name: unknown): name is ErrorCode =>
  typeof name === 'string' &&
  (Object.hasOwn(REQUEST_CODES, name) || (OPERATION_CODES as readonly string[]).includes(name));
