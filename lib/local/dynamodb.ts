/**
 * DynamoDB: dynalite on a port of its own, behind the endpoint. Its answers pass through the endpoint's HTTP server,
 * which stamps them with the `Date` that the rotator takes for the store's clock.
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { Agent, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { describeJson } from './json-api.ts';
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

export class DynamoDb implements AwsService {
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #underWay = new Set<Promise<WireReply>>();
  #isClosing = false;
  readonly #port: number;

  private constructor(server: Server) {
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** With the table, whose items are keyed by `issuer`. `directory` is the database's own; without it, memory. */
  static async start(tableName: string, directory?: string): Promise<DynamoDb> {
    const database = await DynamoDb.#listen(directory);
    const state = await database.#tableStatus(tableName);
    if (state === 'ACTIVE') return database;
    if (state === 'CREATING' && directory !== undefined) {
      // Killed between the two writes that make a table: nothing could be put into it yet, and dynalite never ends it.
      await database.close();
      rmSync(directory, { recursive: true });
      return DynamoDb.start(tableName, directory);
    }
    await database.#createTable(tableName);
    return database;
  }

  static async #listen(directory: string | undefined): Promise<DynamoDb> {
    const server = dynalite({ createTableMs: 0, ...(directory !== undefined && { path: directory }) });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new DynamoDb(server);
  }

  describe(request: WireRequest): Pick<AwsCall, 'operation' | 'input'> {
    return describeJson(request);
  }

  perform({ headers, body }: WireRequest): Promise<WireReply> {
    if (this.#isClosing) return Promise.reject(new Error('the database is closing'));
    const reply = this.#forward(headers, body);
    this.#underWay.add(reply);
    return reply.finally(() => this.#underWay.delete(reply));
  }

  refuse(error: AwsError): WireReply {
    const body = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${error.code}`, message: error.message });
    return { status: error.status, headers: { 'content-type': JSON_1_0 }, body };
  }

  /** What is under way ends first: dynalite throws out of its server when its database closes before an answer. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.allSettled(this.#underWay);
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #tableStatus(TableName: string): Promise<string | undefined> {
    const reply = await this.#own('DescribeTable', { TableName });
    if (reply.status !== 200) return undefined;
    return JSON.parse(String(reply.body)).Table.TableStatus;
  }

  async #createTable(TableName: string): Promise<void> {
    const reply = await this.#own('CreateTable', {
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'issuer', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'issuer', KeyType: 'HASH' }],
    });
    if (reply.status !== 200) throw new Error(`table ${TableName} cannot be created: ${reply.body}`);
    while ((await this.#tableStatus(TableName)) !== 'ACTIVE') await new Promise((resolve) => setTimeout(resolve, 5));
  }

  #own(operation: string, input: object): Promise<WireReply> {
    const credential = `Credential=local/20260101/${REGION}/dynamodb/aws4_request`;
    const headers = {
      'content-type': JSON_1_0,
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0`,
    };
    return this.#forward(headers, Buffer.from(JSON.stringify(input)));
  }

  async #forward(headers: WireRequest['headers'], body: Buffer): Promise<WireReply> {
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
    const request = httpRequest({
      host: '127.0.0.1',
      port: this.#port,
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
