/** The operate function: what a person asks for. Its own grant, because it is more than a tick may do by itself. */
import type { Context } from 'aws-lambda';
import { type OperateReport, operate } from '../lib/core/operate.ts';
import { burnMetrics, embedded } from './metrics.ts';
import { showPage } from './page.ts';
import { rotatorOf, rotatorPolicy } from './rotator.ts';
import { clock, log } from './runtime.ts';

const policy = rotatorPolicy();
const { ports, settled } = rotatorOf(policy);

const may = {
  mayClose: process.env.KEYTURN_MAY_CLOSE === 'yes',
  mayImport: process.env.KEYTURN_MAY_IMPORT === 'yes',
};

export async function handler(event: unknown, context: Context): Promise<OperateReport> {
  const report = await operate(ports, policy, event, may).finally(settled);
  const metrics = 'burned' in report && embedded(policy.issuer, clock(), burnMetrics(report.burned.length));
  if (metrics) log({ event: 'metrics', ...metrics });
  await showPage(ports, policy, context);
  return report;
}
