/** The keyring in one DynamoDB item an issuer: consistent reads, conditional writes. */
import { randomUUID } from 'node:crypto';
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { KeyturnError } from '../core/errors.ts';
import { type Keyring, SCHEMA } from '../core/keyring.ts';
import type { KeyringReader, KeyringStore, Loaded } from '../core/ports.ts';

export interface KeyringTable {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly issuer: string;
  /** Seconds since 1970, for a store whose answer carries no date. */
  readonly clock: () => number;
}

/** What a signer may do: read. */
export class DynamoDbKeyringReader implements KeyringReader {
  protected readonly table: KeyringTable;

  constructor(table: KeyringTable) {
    this.table = table;
  }

  async load(): Promise<Loaded> {
    const { keyring, revision, serverTime } = await this.read();
    return { keyring, revision, serverTime };
  }

  protected async read(): Promise<Loaded & { readonly writer: string | undefined }> {
    const { dynamodb, tableName, issuer } = this.table;
    const command = new GetItemCommand({
      TableName: tableName,
      Key: { issuer: { S: issuer } },
      ConsistentRead: true,
    });
    let date: string | undefined;
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        date = (result.response as { headers?: Record<string, string> }).headers?.date;
        return result;
      },
      { step: 'deserialize', priority: 'low', name: 'keyturnServerDate' },
    );
    const { Item } = await dynamodb.send(command).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.name : 'unknown error';
      throw new KeyturnError('keyring_unreadable', `the keyring table could not be read (${why})`, {
        cause,
        retryAfterSeconds: 5,
      });
    });
    const serverTime = date ? Date.parse(date) / 1000 : this.table.clock();
    if (!Item) return { keyring: undefined, revision: 0, serverTime, writer: undefined };
    const [schema, revision] = [Number(Item.schema?.N), Number(Item.revision?.N)];
    if (schema > SCHEMA) {
      throw new KeyturnError('keyring_too_new', `this release reads keyrings up to schema ${SCHEMA}, got ${schema}`, {
        retryAfterSeconds: 60,
      });
    }
    if (!(schema >= 1 && revision >= 1)) throw unreadable('the stored keyring has no schema or no revision');
    return { keyring: parse(Item.keyring?.S), revision, serverTime, writer: Item.writer?.S };
  }
}

/** What a rotator may do besides: write, if nobody else has. */
export class DynamoDbKeyringStore extends DynamoDbKeyringReader implements KeyringStore {
  async save(keyring: Keyring, expected: number): Promise<number> {
    const { dynamodb, tableName, issuer } = this.table;
    const writer = randomUUID();
    const revision = expected + 1;
    const command = new PutItemCommand({
      TableName: tableName,
      Item: {
        issuer: { S: issuer },
        revision: { N: String(revision) },
        schema: { N: String(SCHEMA) },
        writer: { S: writer },
        keyring: { S: JSON.stringify(keyring) },
      },
      ConditionExpression: expected === 0 ? 'attribute_not_exists(issuer)' : 'revision = :expected',
      ...(expected > 0 && { ExpressionAttributeValues: { ':expected': { N: String(expected) } } }),
    });
    try {
      await dynamodb.send(command);
    } catch (cause) {
      // A write whose answer was lost has happened all the same, and the SDK's retry of it meets its own revision; and
      // after any other failure only the table knows.
      const current = await this.read();
      if (current.writer === writer) return revision;
      if (!(cause instanceof Error && cause.name === 'ConditionalCheckFailedException')) throw cause;
      throw new KeyturnError(
        'keyring_conflict',
        `the keyring must be at revision ${expected}, it is at ${current.revision}`,
        { cause },
      );
    }
    return revision;
  }
}

function parse(text: string | undefined): Keyring {
  let keyring: Partial<Keyring> | null;
  try {
    keyring = JSON.parse(text ?? '') as Partial<Keyring> | null;
  } catch (cause) {
    throw unreadable('the stored keyring is not JSON', cause);
  }
  const { keys, history } = keyring ?? {};
  if (Array.isArray(keys) && keys.every(isKey) && Array.isArray(history)) return keyring as Keyring;
  throw unreadable('the stored keyring has no keys, no history, or a key that is none');
}

/** As much as tells a keyring from something else; what a key means is checked before each save. */
function isKey(value: unknown): boolean {
  const { kid, state } = (value ?? {}) as Record<string, unknown>;
  return typeof kid === 'string' && typeof state === 'string';
}

const unreadable = (message: string, cause?: unknown) =>
  new KeyturnError('keyring_unreadable', message, { cause, retryAfterSeconds: 60 });
