/** The watch function: what a trail tells of others' hands on this issuer. It changes nothing; an alarm watches its metric. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDbKeyringReader } from '../lib/aws/dynamodb-keyrings.ts';
import type { Keyring } from '../lib/core/keyring.ts';
import { isOfKey, touchOf } from '../lib/core/touched.ts';
import { readVariable } from './environment.ts';
import { embedded, touchMetrics } from './metrics.ts';
import { clock, log } from './runtime.ts';

const issuer = readVariable('KEYTURN_ISSUER');
// Over before the function's time is, so that a table that does not answer is said too.
const requestHandler = { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true };
const keyrings = new DynamoDbKeyringReader({
  dynamodb: new DynamoDBClient({ requestHandler }),
  tableName: readVariable('KEYTURN_TABLE'),
  issuer,
  clock,
});

export async function handler(event: unknown): Promise<void> {
  // What was done to the table or the bucket is told without the table, which may be what is gone.
  const { keyring, unread } = isOfKey(event) ? await read() : {};
  const touch = touchOf(event, keyring, issuer);
  if (touch) log({ event: 'touched', issuer, ...touch, unread, ...embedded(issuer, clock(), touchMetrics()) });
}

/** Anew for each event: who would be told by an old keyring that a new key is not ours? */
async function read(): Promise<{ readonly keyring?: Keyring | undefined; readonly unread?: string }> {
  try {
    return { keyring: (await keyrings.load()).keyring };
  } catch (error) {
    return { unread: (error as Error).message };
  }
}
