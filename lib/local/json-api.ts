/** AWS JSON 1.1: `POST /` with the operation in `X-Amz-Target`, JSON in and out, the error's name in `__type`. */
import { randomUUID } from 'node:crypto';
import { type AwsCall, AwsError, type AwsService, type WireReply, type WireRequest } from './wire.ts';

export type JsonObject = Readonly<Record<string, unknown>>;
export type Operation = (input: JsonObject) => JsonObject | undefined | Promise<JsonObject>;

export class JsonApi implements AwsService {
  readonly #operations: ReadonlyMap<string, Operation>;

  constructor(operations: Readonly<Record<string, Operation>>) {
    this.#operations = new Map(Object.entries(operations));
  }

  describe(request: WireRequest): Pick<AwsCall, 'operation' | 'input'> {
    return describeJson(request);
  }

  async perform(_: WireRequest, call: AwsCall): Promise<WireReply> {
    const operation = this.#operations.get(call.operation);
    if (operation === undefined) {
      throw new AwsError(400, 'UnknownOperationException', `${call.operation} is not implemented on this machine`);
    }
    return jsonReply(200, (await operation(call.input)) ?? {});
  }

  refuse(error: AwsError): WireReply {
    return jsonReply(error.status, { __type: error.code, message: error.message });
  }
}

/** @throws AwsError `SerializationException` */
export function describeJson({ headers, body }: WireRequest): Pick<AwsCall, 'operation' | 'input'> {
  const operation = String(headers['x-amz-target'] ?? '').split('.')[1] ?? '';
  try {
    const input: unknown = JSON.parse(body.toString() || '{}');
    if (typeof input === 'object' && input !== null) return { operation, input: input as JsonObject };
  } catch {
    // Said below, as for JSON that is not an object.
  }
  throw new AwsError(400, 'SerializationException', 'The body is not a JSON object');
}

const jsonReply = (status: number, body: JsonObject): WireReply => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() },
  body: JSON.stringify(body),
});
