/**
 * Lambda: functions that are registered once, and the environments they run in. An idle environment is used again, a new
 * one starts while there are fewer than the maximum, and otherwise events wait. Left out: throttling (events wait
 * instead), retries of asynchronous events, freezing between events, and who may invoke what.
 */
import { randomUUID } from 'node:crypto';
import type { Outcome } from './lambda-bootstrap.ts';
import { type FunctionDefinition, LambdaEnvironment, type Log } from './lambda-environment.ts';
import { ACCOUNT, AwsError, REGION } from './wire.ts';

export interface Invoked {
  /** JSON: the handler's result, or `{ errorType, errorMessage, trace }`. */
  readonly payload: string;
  readonly functionError?: 'Unhandled';
  readonly version: string;
}

/** Lambda quotas, "Invocation payload (request and response)", synchronous. */
export const MAX_PAYLOAD_BYTES = 6_291_556;

export class Lambda {
  readonly #functions: ReadonlyMap<string, LambdaFunction>;

  constructor(definitions: readonly FunctionDefinition[], awsEndpointUrl: string, log: Log) {
    this.#functions = new Map(
      definitions.map((definition) => [definition.name, new LambdaFunction(definition, awsEndpointUrl, log)]),
    );
  }

  /** `name` is a name or an ARN, either with `:qualifier`. @throws AwsError `ResourceNotFoundException` and others */
  async invoke(name: string, payload: string | Uint8Array): Promise<Invoked> {
    const { target, qualifier } = this.resolve(name);
    return target.invoke(checkedPayload(payload), qualifier);
  }

  /** @throws AwsError `ResourceNotFoundException` */
  resolve(name: string, qualifierApart?: string): { target: LambdaFunction; qualifier: string | undefined } {
    const bare = name.replace(/^(?:arn:aws:lambda:[^:]+:)?\d{12}:function:/, '');
    const [functionName = '', qualifierInName] = bare.split(':');
    const qualifier = qualifierApart ?? qualifierInName;
    const target = this.#functions.get(functionName);
    if (target?.has(qualifier)) return { target, qualifier };
    const sentence = `Function not found: ${functionArn(functionName, qualifier)}`;
    throw new AwsError(404, 'ResourceNotFoundException', sentence);
  }

  /** SIGKILL for every environment of a function, in the middle of whatever it does. */
  kill(name: string): void {
    this.resolve(name).target.kill();
  }

  close(): void {
    for (const target of this.#functions.values()) target.close();
  }
}

class LambdaFunction {
  readonly #definition: FunctionDefinition;
  readonly #start: () => LambdaEnvironment;
  #environments: LambdaEnvironment[] = [];
  readonly #busy = new Set<LambdaEnvironment>();
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(definition: FunctionDefinition, awsEndpointUrl: string, log: Log) {
    this.#definition = definition;
    this.#start = () => new LambdaEnvironment(definition, awsEndpointUrl, log);
  }

  /** As GetFunctionConfiguration has it. */
  get configuration(): object {
    const { name, environment } = this.#definition;
    return {
      FunctionName: name,
      FunctionArn: functionArn(name, undefined),
      Environment: { Variables: environment },
      LoggingConfig: { LogFormat: 'Text', LogGroup: logGroup(name) },
    };
  }

  has(qualifier: string | undefined): boolean {
    return qualifier === undefined || qualifier === '$LATEST' || (this.#definition.aliases ?? []).includes(qualifier);
  }

  async invoke(payload: string, qualifier: string | undefined): Promise<Invoked> {
    const { name, memoryMegabytes = 512, timeoutSeconds = 30 } = this.#definition;
    // An alias points to a version; there is one.
    const version = qualifier === undefined || qualifier === '$LATEST' ? '$LATEST' : '1';
    const context = {
      functionName: name,
      functionVersion: version,
      invokedFunctionArn: functionArn(name, qualifier),
      memoryLimitInMB: String(memoryMegabytes),
      awsRequestId: randomUUID(),
      logGroupName: logGroup(name),
      logStreamName: `local/[${version}]`,
    };
    const environment = await this.#take();
    const deadline = Date.now() + timeoutSeconds * 1000;
    const outcome = await environment.run({ payload, deadline, context });
    this.#release(environment);
    return { ...result(outcome), version };
  }

  kill(): void {
    for (const environment of this.#environments) environment.kill();
  }

  /** Events that still wait start no environment either. */
  close(): void {
    this.#isClosed = true;
    this.kill();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #take(): Promise<LambdaEnvironment> {
    for (;;) {
      if (this.#isClosed) throw new AwsError(503, 'ServiceException', 'this machine is being shut down');
      this.#environments = this.#environments.filter((environment) => environment.isAlive);
      // The newest idle one is the likeliest to be warm, and the others may grow old.
      const idle = this.#environments.findLast((environment) => !this.#busy.has(environment));
      const canStart = this.#environments.length < (this.#definition.maxEnvironments ?? 10);
      const environment = idle ?? (canStart ? this.#start() : undefined);
      if (environment !== undefined) {
        if (idle === undefined) this.#environments.push(environment);
        this.#busy.add(environment);
        return environment;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #release(environment: LambdaEnvironment): void {
    this.#busy.delete(environment);
    this.#waiting.shift()?.();
  }
}

/** @throws AwsError `RequestTooLargeException`, `InvalidRequestContentException` */
export function checkedPayload(payload: string | Uint8Array): string {
  const length = Buffer.byteLength(payload);
  if (length > MAX_PAYLOAD_BYTES) {
    const sentence = `${length} byte payload is too large for the RequestResponse invocation type (limit ${MAX_PAYLOAD_BYTES} bytes)`;
    throw new AwsError(413, 'RequestTooLargeException', sentence);
  }
  // Invoke, "Payload": nothing at all is an event too.
  const text = length === 0 ? 'null' : Buffer.from(payload).toString();
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new AwsError(400, 'InvalidRequestContentException', 'Could not parse request body into json.');
  }
}

function result(outcome: Outcome): Pick<Invoked, 'payload' | 'functionError'> {
  if ('error' in outcome) return { payload: JSON.stringify(outcome.error), functionError: 'Unhandled' };
  if (Buffer.byteLength(outcome.payload) <= MAX_PAYLOAD_BYTES) return outcome;
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`;
  return {
    payload: JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }),
    functionError: 'Unhandled',
  };
}

const logGroup = (name: string): string => `/aws/lambda/${name}`;

const functionArn = (name: string, qualifier: string | undefined): string =>
  `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}${qualifier === undefined ? '' : `:${qualifier}`}`;
