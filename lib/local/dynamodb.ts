/**
 * DynamoDB: dynalite, in memory and on a port of its own, behind the endpoint. Its answers pass through the endpoint's
 * HTTP server, which stamps them with the `Date` that the rotator takes for the store's clock. What must outlive the
 * process is a copy of the whole table in one file: a few kilobytes, written a handful of times a day.
 */
import { once } from 'node:events';
import { Agent, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { describeJson } from './json-api.ts';
import { type Folder, nowhere } from './state.ts';
import {
  type AwsCall,
  type AwsError,
  type AwsService,
  REGION,
  readBody,
  type WireReply,
  type WireRequest,
} from './wire.ts';

const JSON_1_0 = 'application/x-amz-json-1.0';
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);
const READS = /^(?:Get|BatchGet|Query|Scan|Describe|List)/;
const COPY = 'items.json';

/** To calls of our own, each with what it asked for. */
interface OwnAnswer {
  readonly Table: { readonly TableStatus: string };
  readonly Items: readonly unknown[];
  readonly LastEvaluatedKey?: unknown;
}

export class DynamoDb implements AwsService {
  readonly #server: Server;
  readonly #tableName: string;
  readonly #folder: Folder;
  readonly #agent = new Agent({ keepAlive: true });
  /** One call after the other: who is answered is told of nothing that is not on the disk yet. */
  #last: Promise<unknown> = Promise.resolve();
  #isCopied = true;
  #isClosing = false;

  private constructor(server: Server, tableName: string, folder: Folder) {
    this.#server = server;
    this.#tableName = tableName;
    this.#folder = folder;
  }

  /** With the table, whose items are keyed by `issuer`, as the folder has kept it. */
  static async start(tableName: string, folder = nowhere): Promise<DynamoDb> {
    const server = dynalite({ createTableMs: 0 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const database = new DynamoDb(server, tableName, folder);
    await database.#createTable();
    const items = JSON.parse(folder.load().get(COPY)?.toString() ?? '[]') as unknown[];
    for (const Item of items) await database.#own('PutItem', { Item });
    return database;
  }

  describe(request: WireRequest): Pick<AwsCall, 'operation' | 'input'> {
    return describeJson(request);
  }

  perform({ headers, body }: WireRequest, { operation }: Pick<AwsCall, 'operation'>): Promise<WireReply> {
    if (this.#isClosing) return Promise.reject(new Error('the database is closing'));
    const reply = this.#last.then(async () => {
      const answer = await this.#forward(headers, body);
      if (!READS.test(operation)) this.#isCopied = false;
      // Where the disk refused the copy, a read would tell of what is not there: it fails too, until the disk takes it.
      if (!this.#isCopied) await this.#copy();
      return answer;
    });
    this.#last = reply.catch(() => {});
    return reply;
  }

  refuse(error: AwsError): WireReply {
    const body = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${error.code}`, message: error.message });
    return { status: error.status, headers: { 'content-type': JSON_1_0 }, body };
  }

  /** What is under way ends first: dynalite throws out of its server when its database closes before an answer. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#last;
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #createTable(): Promise<void> {
    await this.#own('CreateTable', {
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'issuer', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'issuer', KeyType: 'HASH' }],
    });
    const isActive = async () => (await this.#own('DescribeTable', {})).Table.TableStatus === 'ACTIVE';
    while (!(await isActive())) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async #copy(): Promise<void> {
    const items: unknown[] = [];
    let ExclusiveStartKey: unknown;
    do {
      const { Items, LastEvaluatedKey } = await this.#own('Scan', { ExclusiveStartKey });
      items.push(...Items);
      ExclusiveStartKey = LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    this.#folder.put(COPY, JSON.stringify(items));
    this.#isCopied = true;
  }

  async #own(operation: string, input: object): Promise<OwnAnswer> {
    const credential = `Credential=local/20260101/${REGION}/dynamodb/aws4_request`;
    const headers = {
      'content-type': JSON_1_0,
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0`,
    };
    const request = JSON.stringify({ TableName: this.#tableName, ...input });
    const { status, body } = await this.#forward(headers, Buffer.from(request));
    if (status !== 200) throw new Error(`table ${this.#tableName}: ${operation} failed: ${body}`);
    return JSON.parse(String(body)) as OwnAnswer;
  }

  async #forward(headers: WireRequest['headers'], body: Buffer): Promise<WireReply> {
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
    const request = httpRequest({
      host: '127.0.0.1',
      port: (this.#server.address() as AddressInfo).port,
      method: 'POST',
      agent: this.#agent,
      headers: { ...kept, 'content-length': body.length },
    });
    request.end(body);
    const [response] = await once(request, 'response');
    const answer = (await readBody(response, Number.POSITIVE_INFINITY)) ?? Buffer.alloc(0);
    const passed = Object.entries(response.headers as Record<string, string>).filter(([name]) => !HOP_BY_HOP.has(name));
    return { status: response.statusCode, headers: Object.fromEntries(passed), body: answer };
  }
}
