/** The whole system on one machine: AWS on loopback, the functions' bundles in processes, the edge on the public port. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Bucket } from './bucket.ts';
import { CloudFront } from './cloudfront.ts';
import { DynamoDb } from './dynamodb.ts';
import { EdgeCache } from './edge.ts';
import { bucketOrigin } from './edge-http.ts';
import { Endpoint, type EndpointHooks } from './endpoint.ts';
import { EventBus } from './event-bus.ts';
import { type FrontRoutes, frontServer } from './front.ts';
import { JsonApi } from './json-api.ts';
import { Kms } from './kms.ts';
import { type Invoked, Lambda } from './lambda.ts';
import { LambdaApi } from './lambda-api.ts';
import type { FunctionDefinition, Log } from './lambda-environment.ts';
import { listen } from './listen.ts';
import { S3 } from './s3.ts';
import { DataDirectory, nowhere } from './state.ts';
import { taggingOperations } from './tagging.ts';
import { TokenLines } from './token-lines.ts';
import { REGION } from './wire.ts';

export interface StackOptions extends EndpointHooks {
  /** Of the public port only: the AWS endpoints stay on loopback. */
  readonly host?: string;
  /** Ephemeral when not given. */
  readonly port?: number;
  /** Where keys, objects and the table outlive the process; in memory when not given. */
  readonly dataDirectory?: string;
  readonly tableName: string;
  readonly bucketName: string;
  readonly distributionId: string;
  /** How long the edge keeps an error; CloudFront's own default is 10. */
  readonly edgeErrorSeconds?: number;
  /** What else every answer of the edge has, as the distribution's policy of response headers says. */
  readonly edgeHeaders?: Readonly<Record<string, string>>;
  readonly functions: (urls: { readonly edge: string; readonly aws: string }) => readonly FunctionDefinition[];
  /** What to invoke, as `name` or `name:alias`. */
  readonly routes: FrontRoutes & { readonly rotate: string };
  /** What a deployed stack would have as outputs, beside the addresses. */
  readonly outputs?: (url: string) => Readonly<Record<string, string>>;
  /** How often the rotate function runs, from the start on; never by itself when not given. */
  readonly tickSeconds?: number;
  readonly onLog?: Log;
  /** The outcome of every tick, scheduled or asked for. */
  readonly onTick?: (outcome: Invoked) => void;
}

export interface Stack {
  /** The public port, as this machine reaches it. */
  readonly url: string;
  readonly awsEndpointUrl: string;
  readonly edge: EdgeCache;
  readonly kms: Kms;
  readonly s3: Bucket;
  readonly events: EventBus;
  readonly lambda: Lambda;
  /** By name, `name:alias` or ARN, with an event that becomes JSON. */
  invoke(name: string, event: unknown): Promise<Invoked>;
  /** Runs the rotate function now, after the tick that may be running. */
  tick(): Promise<Invoked>;
  close(): Promise<void>;
}

/** @throws Error with one sentence when the directory or the port cannot be had */
export async function startStack(options: StackOptions): Promise<Stack> {
  const closers: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await start(options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(options: StackOptions, closers: (() => void | Promise<void>)[]): Promise<Omit<Stack, 'close'>> {
  const { dataDirectory, tableName, bucketName, distributionId, routes, edgeErrorSeconds, edgeHeaders } = options;
  const data = dataDirectory === undefined ? undefined : new DataDirectory(dataDirectory);
  closers.push(() => data?.close());

  const kms = new Kms(data?.folder('kms') ?? nowhere);
  const s3 = new Bucket(bucketName, data?.folder('s3') ?? nowhere);
  const dynamodb = await DynamoDb.start(tableName, data?.folder('dynamodb') ?? nowhere);
  closers.push(() => dynamodb.close());
  const edge = new EdgeCache({
    origin: bucketOrigin(s3),
    ...(edgeErrorSeconds !== undefined && { errorSeconds: edgeErrorSeconds }),
    ...(edgeHeaders && { headers: edgeHeaders }),
  });

  const events = new EventBus();
  const endpoint = new Endpoint(
    {
      kms: new JsonApi(kms.operations),
      tagging: new JsonApi(taggingOperations(() => kms.resources())),
      s3: new S3(s3),
      events: new JsonApi(events.operations),
      cloudfront: new CloudFront(distributionId, (paths) => edge.invalidate(paths)),
      dynamodb,
      lambda: new LambdaApi(() => lambda),
    },
    options,
  );
  const awsEndpointUrl = await endpoint.listen();
  closers.push(() => endpoint.close());

  const invoke = (name: string, payload: string) => lambda.invoke(name, payload);
  const ticks = new Ticks(async () => {
    const outcome = await invoke(routes.rotate, '{}');
    options.onTick?.(outcome);
    return outcome;
  });
  const outputs = () => ({ ...options.outputs?.(url), AwsEndpointUrl: awsEndpointUrl, Region: REGION });
  const tokens = new TokenLines();
  const front = frontServer({ edge, invoke, tick: () => ticks.run(), routes, outputs, tokenLines: () => tokens.lines });
  const { host = '127.0.0.1', port = 0 } = options;
  await listen(front, port, host);
  closers.push(() => closeServer(front));

  const url = `http://${reachable(host)}:${(front.address() as AddressInfo).port}`;
  const definitions = options.functions({ edge: url, aws: awsEndpointUrl });
  const log: Log = (name, line) => {
    tokens.note(line);
    options.onLog?.(name, line);
  };
  const lambda = new Lambda(definitions, awsEndpointUrl, log);
  closers.push(() => lambda.close());
  if (options.tickSeconds !== undefined) ticks.every(options.tickSeconds);
  closers.push(() => ticks.stop());

  return {
    url,
    awsEndpointUrl,
    edge,
    kms,
    s3,
    events,
    lambda,
    invoke: (name, event) => invoke(name, JSON.stringify(event) ?? 'null'),
    tick: () => ticks.run(),
  };
}

/** Runs of the reconciler, one after the other: a tick that is asked for waits for the one that is running. */
class Ticks {
  readonly #once: () => Promise<Invoked>;
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(once: () => Promise<Invoked>) {
    this.#once = once;
  }

  run(): Promise<Invoked> {
    const next = this.#last.then(this.#once);
    this.#last = next.catch(() => {});
    return next;
  }

  /** The first one at once; a tick that takes longer than the period delays the next. */
  every(seconds: number): void {
    const started = Date.now();
    const again = (): void => {
      const wait = Math.max(0, started + seconds * 1000 - Date.now());
      if (!this.#isStopped) this.#timer = setTimeout(() => this.every(seconds), wait);
    };
    this.run().then(again, again);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }
}

/** The wildcard addresses are none that a client can name. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
