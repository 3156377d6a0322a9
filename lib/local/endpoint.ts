/**
 * The one address that `AWS_ENDPOINT_URL` names. Which service is meant stands in the credential scope of the signature
 * (IAM User Guide, "Create a signed AWS API request"); the signature itself is not checked. Calls without one are
 * refused, and so are calls to a foreign host name: a page in the developer's browser can make neither.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen } from './listen.ts';
import { type AwsCall, AwsError, type AwsService, readBody, sendReply, wireRequest } from './wire.ts';

/** `drop`: the connection closes before anything happened; `drop-after`: it happened, but no answer comes. */
export type Fault =
  | { readonly status: number; readonly code: string; readonly message: string }
  | 'drop'
  | 'drop-after';

export interface EndpointHooks {
  /** Every call, before it has any effect. */
  readonly onCall?: (call: AwsCall) => void;
  /** May take its time, and may answer with a fault. */
  readonly before?: (call: AwsCall) => Promise<Fault | undefined> | Fault | undefined;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;

export class Endpoint {
  readonly #server: Server;
  readonly #services: Readonly<Record<string, AwsService>>;
  readonly #hooks: EndpointHooks;

  /** `services` by the name in the credential scope. */
  constructor(services: Readonly<Record<string, AwsService>>, hooks: EndpointHooks) {
    this.#services = services;
    this.#hooks = hooks;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    // Longer than callers pause: a connection that closes just as it is used again is a fault nobody asked for.
    this.#server.keepAliveTimeout = 60_000;
  }

  /** Answers with the URL, on loopback whatever else is public. */
  async listen(): Promise<string> {
    await listen(this.#server, 0, '127.0.0.1');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { accessKeyId, service: name } = scope(message);
    const service = isLocalHost(message.headers.host) ? this.#services[name] : undefined;
    if (service === undefined) {
      const body = `${name === '' ? 'the request is not signed' : `${name} is not served here`}\n`;
      return sendReply(response, { status: 403, headers: { 'content-type': 'text/plain' }, body });
    }
    try {
      const body = await readBody(message, MAX_BODY_BYTES);
      if (body === undefined) throw new AwsError(413, 'EntityTooLarge', 'The request is too large.');
      const request = wireRequest(message, body);
      const call: AwsCall = { service: name, ...service.describe(request), accessKeyId };
      this.#hooks.onCall?.(call);
      const fault = await this.#hooks.before?.(call);
      if (fault === 'drop') return void response.destroy();
      if (typeof fault === 'object') throw new AwsError(fault.status, fault.code, fault.message);
      const reply = await service.perform(request, call);
      if (fault === 'drop-after') return void response.destroy();
      sendReply(response, reply, message.method !== 'HEAD');
    } catch (error) {
      sendReply(response, service.refuse(asAwsError(error)), message.method !== 'HEAD');
    }
  }
}

/** `Authorization: AWS4-HMAC-SHA256 Credential=AKIA…/20261101/us-east-1/kms/aws4_request, …` */
function scope({ headers }: IncomingMessage): { accessKeyId: string; service: string } {
  const [, accessKeyId = '', service = ''] =
    /^AWS4-[A-Z0-9-]+ Credential=([^/,]+)\/\d{8}\/[^/]*\/([^/]+)\/aws4_request,/.exec(headers.authorization ?? '') ??
    [];
  return { accessKeyId, service };
}

const isLocalHost = (host = ''): boolean => /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host);

function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  // A fault of ours, or a path that is not percent-encoded UTF-8: loud, so that nobody takes it for a quirk of AWS.
  return new AwsError(
    500,
    'InternalFailure',
    `keyturn local: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
  );
}
