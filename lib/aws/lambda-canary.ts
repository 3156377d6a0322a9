/** The Canary port: the sign function, through the alias that only the rotator and a deployment may invoke. */
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { CanaryToken } from '../core/canary.ts';
import { isKeyturnError, KeyturnError } from '../core/errors.ts';
import type { Canary } from '../core/ports.ts';
import { invokeFunction } from './lambda-invoke.ts';

const ALIAS = 'canary';

export class LambdaCanary implements Canary {
  readonly #lambda: LambdaClient;
  readonly #functionName: string;

  constructor(lambda: LambdaClient, functionName: string) {
    this.#lambda = lambda;
    this.#functionName = functionName;
  }

  async token(): Promise<string> {
    return (await this.#ask('standby')).token;
  }

  /** By the key that signs now, for a deployment's proof. */
  active(): Promise<CanaryToken> {
    return this.#ask('active');
  }

  async #ask(key: 'standby' | 'active'): Promise<CanaryToken> {
    const target = { functionName: this.#functionName, alias: ALIAS };
    try {
      const answer = await invokeFunction<CanaryToken>(this.#lambda, target, { key });
      if (typeof answer.token === 'string') return answer;
    } catch (error) {
      if (!isKeyturnError(error)) throw error;
      const message = `the sign function made no canary: ${error.message}`;
      throw new KeyturnError(error.code, message, { cause: error });
    }
    throw new KeyturnError('function_failed', 'the sign function made no canary: its answer has no token');
  }
}
