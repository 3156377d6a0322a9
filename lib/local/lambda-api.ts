/** Lambda's Invoke and GetFunctionConfiguration over HTTP. */
import { randomUUID } from 'node:crypto';
import { checkedPayload, type Invoked, type Lambda } from './lambda.ts';
import { type AwsCall, AwsError, type AwsService, type WireReply, type WireRequest } from './wire.ts';

export class LambdaApi implements AwsService {
  readonly #lambda: () => Lambda;

  /** Late, because a function is told the endpoint's address when it is registered. */
  constructor(lambda: () => Lambda) {
    this.#lambda = lambda;
  }

  describe({ method, path, query, headers }: WireRequest): Pick<AwsCall, 'operation' | 'input'> {
    const [, functionName, what] = /^\/2015-03-31\/functions\/([^/]+)\/(invocations|configuration)$/.exec(path) ?? [];
    if (method === 'GET' && what === 'configuration') {
      return { operation: 'GetFunctionConfiguration', input: { FunctionName: decodeURIComponent(functionName ?? '') } };
    }
    if (method !== 'POST' || what !== 'invocations' || functionName === undefined)
      return { operation: `${method} ${path}`, input: {} };
    const input = {
      FunctionName: decodeURIComponent(functionName),
      Qualifier: query.get('Qualifier') ?? undefined,
      InvocationType: String(headers['x-amz-invocation-type'] ?? 'RequestResponse'),
    };
    return { operation: 'Invoke', input };
  }

  async perform({ body }: WireRequest, { operation, input }: AwsCall): Promise<WireReply> {
    if (operation === 'GetFunctionConfiguration') {
      const { target } = this.#lambda().resolve(String(input.FunctionName));
      const headers = { ...requestId(), 'content-type': 'application/json' };
      return { status: 200, headers, body: JSON.stringify(target.configuration) };
    }
    if (operation !== 'Invoke') throw new AwsError(501, 'NotImplemented', `${operation} is not implemented here`);
    const { FunctionName: name, Qualifier: qualifierApart, InvocationType: type } = input;
    const { target, qualifier } = this.#lambda().resolve(String(name), qualifierApart as string | undefined);
    const payload = checkedPayload(body);
    switch (type) {
      case 'DryRun':
        return { status: 204 };
      case 'Event':
        // Its outcome is in the log, as in CloudWatch.
        target.invoke(payload, qualifier).catch(() => {});
        return { status: 202 };
      case 'RequestResponse':
        return reply(await target.invoke(payload, qualifier));
      default:
        throw new AwsError(400, 'InvalidParameterValueException', `Invocation type ${type} is unknown`);
    }
  }

  refuse(error: AwsError): WireReply {
    return {
      status: error.status,
      headers: { ...requestId(), 'content-type': 'application/json', 'x-amzn-errortype': error.code },
      body: JSON.stringify({ Type: error.status < 500 ? 'User' : 'Server', Message: error.message }),
    };
  }
}

const reply = ({ payload, functionError, version }: Invoked): WireReply => ({
  status: 200,
  headers: {
    ...requestId(),
    'content-type': 'application/json',
    'x-amz-executed-version': version,
    ...(functionError !== undefined && { 'x-amz-function-error': functionError }),
  },
  body: payload,
});

const requestId = (): Record<string, string> => ({ 'x-amzn-requestid': randomUUID() });
