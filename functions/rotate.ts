/** The rotate function: one tick of the reconciler. It takes no command; whatever the event says changes nothing. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { DynamoDbTickRecords } from '../lib/aws/tick-records.ts';
import { rotate, type TickReport } from '../lib/core/rotate.ts';
import { recorded, type TickRecord } from '../lib/core/tick-record.ts';
import { readVariable } from './environment.ts';
import { embedded, tickMetrics } from './metrics.ts';
import { showPage } from './page.ts';
import { rotatorOf, rotatorPolicy } from './rotator.ts';
import { clock, log } from './runtime.ts';

const policy = rotatorPolicy();
const { ports, settled } = rotatorOf(policy);
const records = new DynamoDbTickRecords(new DynamoDBClient({}), readVariable('KEYTURN_TABLE'), policy.issuer);

function notice(record: TickRecord): void {
  const metrics = embedded(policy.issuer, record.at, tickMetrics(record, policy.rotationPeriod));
  if (metrics) log({ event: 'metrics', ...metrics });
}

export async function handler(_: unknown, context: Context): Promise<TickReport> {
  const report = await recorded({ records, clock, log, notice }, policy, () => rotate(ports, policy)).finally(settled);
  await showPage(ports, policy, context);
  return report;
}
