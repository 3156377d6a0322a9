/** The one item of the table, as only a restore or somebody's hand would change it. */
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Keyring } from '../../lib/core/keyring.ts';
import type { Issuer } from './issuer.ts';

const TableName = 'keyturn';

export type Item = Record<string, AttributeValue>;

export class KeyringItem {
  readonly #dynamodb: DynamoDBClient;
  readonly #key: Item;

  constructor({ awsEndpointUrl: endpoint, policy }: Issuer) {
    const credentials = { accessKeyId: 'AKIALOCALme', secretAccessKey: 'x' };
    this.#dynamodb = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
    this.#key = { issuer: { S: policy.issuer } };
  }

  async read(): Promise<Item> {
    const { Item = {} } = await this.#dynamodb.send(new GetItemCommand({ TableName, Key: this.#key }));
    return Item;
  }

  async keyring(): Promise<Keyring> {
    return JSON.parse((await this.read()).keyring?.S ?? 'null') as Keyring;
  }

  async write(item: Item): Promise<void> {
    await this.#dynamodb.send(new PutItemCommand({ TableName, Item: { ...item, ...this.#key } }));
  }

  async delete(): Promise<void> {
    await this.#dynamodb.send(new DeleteItemCommand({ TableName, Key: this.#key }));
  }
}
