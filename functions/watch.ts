/** The watch function: what a trail tells of others' hands on this issuer. It changes nothing; an alarm watches its metric. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDbKeyringReader } from '../lib/aws/dynamodb-keyrings.ts';
import { touchOf } from '../lib/core/touched.ts';
import { readVariable } from './environment.ts';
import { embedded, touchMetrics } from './metrics.ts';
import { clock, log } from './runtime.ts';

const issuer = readVariable('KEYTURN_ISSUER');
const keyrings = new DynamoDbKeyringReader({
  dynamodb: new DynamoDBClient({}),
  tableName: readVariable('KEYTURN_TABLE'),
  issuer,
  clock,
});

/** Read anew for each event: who would be told by an old keyring that a new key is not ours? */
export async function handler(event: unknown): Promise<void> {
  const { keyring } = await keyrings.load();
  const touch = touchOf(event, keyring, issuer);
  if (touch) log({ event: 'touched', issuer, ...touch, ...embedded(issuer, clock(), touchMetrics()) });
}
