/** The records of ticks, in the keyring's table under a key of their own: one item an issuer, written over each time. */
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { TickRecord, TickRecords } from '../core/tick-record.ts';

/** No issuer is called so: a URL has no fragment here. */
export const tickItem = (issuer: string): string => `${issuer}#tick`;

export class DynamoDbTickRecords implements TickRecords {
  readonly #dynamodb: DynamoDBClient;
  readonly #tableName: string;
  readonly #key: { readonly issuer: { readonly S: string } };

  constructor(dynamodb: DynamoDBClient, tableName: string, issuer: string) {
    this.#dynamodb = dynamodb;
    this.#tableName = tableName;
    this.#key = { issuer: { S: tickItem(issuer) } };
  }

  async write(record: TickRecord): Promise<void> {
    const Item = { ...this.#key, record: { S: JSON.stringify(record) } };
    await this.#dynamodb.send(new PutItemCommand({ TableName: this.#tableName, Item }));
  }

  async read(): Promise<TickRecord | undefined> {
    const command = new GetItemCommand({ TableName: this.#tableName, Key: this.#key, ConsistentRead: true });
    const { Item } = await this.#dynamodb.send(command);
    return Item?.record?.S === undefined ? undefined : (JSON.parse(Item.record.S) as TickRecord);
  }
}
