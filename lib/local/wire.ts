/**
 * What every stand-in speaks: a request read whole, a reply, and a refusal that each service puts in its own clothes
 * (JSON 1.1, REST JSON or XML), so that the SDK throws the exception of that name.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** One account in one region: all that a machine has. */
export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';

export interface WireRequest {
  readonly method: string;
  /** As on the wire: still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface WireReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

/** An AWS operation as its caller meant it. `accessKeyId` tells who called: every function has its own. */
export interface AwsCall {
  readonly service: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly accessKeyId: string;
}

/** One AWS service. `describe` names the call before `perform` has any effect, so that a test can come in between. */
export interface AwsService {
  describe(request: WireRequest): Pick<AwsCall, 'operation' | 'input'>;
  perform(request: WireRequest, call: AwsCall): Promise<WireReply>;
  refuse(error: AwsError): WireReply;
}

export class AwsError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = code;
    this.status = status;
    this.code = code;
  }
}

/** Reads a whole body, or answers `undefined` as soon as it is longer than `limit`. */
export async function readBody(message: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

export function wireRequest(message: IncomingMessage, body: Buffer): WireRequest {
  const [path = '/', query = ''] = (message.url ?? '/').split(/\?(.*)/s);
  return { method: message.method ?? 'GET', path, query: new URLSearchParams(query), headers: message.headers, body };
}

export function sendReply(
  response: ServerResponse,
  { status, headers = {}, body = '' }: WireReply,
  withBody = true,
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  // A reply to HEAD brings the length of what it leaves out.
  response.writeHead(status, { 'content-length': bytes.length, ...headers });
  response.end(withBody ? bytes : undefined);
}
