/**
 * Between the SDK and an AWS endpoint, whoever's it is: counts the calls, and drops, refuses, delays or changes what a
 * test wants. The faults are on the wire and not in the endpoint, so that emulators by others meet the same ones.
 */
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProxiedCall {
  /** `PutItem`, `PutObject`, `CreateInvalidation`. */
  readonly operation: string;
  readonly body: string;
}
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}
/** `drop`: nothing happens and no answer comes; `drop-after`: it happens, and no answer comes. */
export type Meddling = 'drop' | 'drop-after' | Answer;
type Rewrite = (answer: Answer) => Answer;
/** Answers with a fault, with the change that the answer gets, or with nothing, whenever it wants. */
type Meddle = (call: ProxiedCall) => Promise<Meddling | Rewrite | undefined>;

export class AwsProxy {
  readonly #server: Server;
  readonly #target: URL;
  readonly #agent = new Agent({ keepAlive: true });
  #rules: { readonly operation: string; readonly meddle: Meddle; times: number }[] = [];
  /** Every call since the last reset. */
  calls: ProxiedCall[] = [];

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, response) => {
      this.#serve(incoming, response).catch(() => response.destroy());
    });
  }

  static async start(target: string): Promise<AwsProxy> {
    const proxy = new AwsProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Meddles with the next `times` calls of the operation. */
  meddle(operation: string, meddling: Meddling | Meddle, times = 1): void {
    const meddle = typeof meddling === 'function' ? meddling : async () => meddling;
    this.#rules.push({ operation, meddle, times });
  }

  /** Changes the next answer of the operation. */
  rewrite(operation: string, change: Rewrite, times = 1): void {
    this.#rules.push({ operation, meddle: async () => change, times });
  }

  count(operation: string): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  reset(): void {
    this.#rules = [];
    this.calls = [];
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await collect(incoming);
    const call = { operation: operationOf(incoming), body: body.toString() };
    this.calls.push(call);
    const meddling = await this.#take(call);
    if (meddling === 'drop') return void response.destroy();
    if (typeof meddling === 'object') return send(response, meddling);
    const answer = await this.#forward(incoming, body);
    if (meddling === 'drop-after') return void response.destroy();
    send(response, meddling === undefined ? answer : meddling(answer));
  }

  async #take(call: ProxiedCall): Promise<Meddling | Rewrite | undefined> {
    const rule = this.#rules.find(({ operation, times }) => operation === call.operation && times > 0);
    if (rule === undefined) return undefined;
    rule.times -= 1;
    return rule.meddle(call);
  }

  async #forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    const { hostname, port } = this.#target;
    const outgoing = request({ hostname, port, method, path: url, headers, agent: this.#agent });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: incoming.statusCode ?? 502, headers: incoming.headers, body: await collect(incoming) };
  }
}

async function collect(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const hopByHop = ['connection', 'keep-alive', 'transfer-encoding', 'content-length'];
  const kept = Object.entries(headers).filter(([name]) => !hopByHop.includes(name));
  response.writeHead(status, { ...Object.fromEntries(kept), 'content-length': body.length });
  response.end(body);
}

function operationOf({ method = '', url = '', headers }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  if (target !== undefined) return String(target).split('.').at(-1) ?? '';
  if (url.startsWith('/2015-03-31/functions/')) return 'Invoke';
  if (url.startsWith('/2020-05-31/distribution/')) return 'CreateInvalidation';
  return `${method.charAt(0)}${method.slice(1).toLowerCase()}Object`;
}

/** How each protocol says no. */
export const refusal = {
  json: (status: number, code: string): Answer => ({
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: Buffer.from(JSON.stringify({ __type: code, message: code })),
  }),
  s3: (status: number, code: string): Answer => ({
    status,
    headers: { 'content-type': 'application/xml' },
    body: Buffer.from(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`),
  }),
  cloudfront: (status: number, code: string): Answer => ({
    status,
    headers: { 'content-type': 'text/xml' },
    body: Buffer.from(`<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code></Error></ErrorResponse>`),
  }),
};

/** The answer with members of its JSON replaced; `undefined` takes one out. */
export const withMembers =
  (change: (members: Record<string, unknown>) => Record<string, unknown>) =>
  (answer: Answer): Answer => ({
    ...answer,
    body: Buffer.from(JSON.stringify(change(JSON.parse(answer.body.toString())))),
  });
