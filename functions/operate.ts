/** The operate function: what a person asks for. Its own grant, because it is more than a tick may do by itself. */
import type { Context } from 'aws-lambda';
import { isKeyturnError } from '../lib/core/errors.ts';
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

/** Nothing was asked for that could be done, so that nothing was. */
const REFUSED = ['unknown_member', 'invalid_member', 'transition_refused'] as const;
/** Before the function's time is over, after which it says nothing any more. */
const SPARE_MILLISECONDS = 3000;

export async function handler(event: unknown, context: Context): Promise<OperateReport> {
  const isBurn = (event as { operation?: unknown } | null)?.operation === 'burn';
  const run = () => operate(ports, policy, event, may).finally(settled);
  const report = await (isBurn ? heard(run, context) : run());
  const metrics = 'burned' in report && embedded(policy.issuer, clock(), burnMetrics(report.burned.length));
  if (metrics) log({ event: 'metrics', ...metrics });
  await showPage(ports, policy, context);
  return report;
}

/** A burn that fails is told like one that is done, for somebody has to look: its keys may be disabled and not burned. */
async function heard(burn: () => Promise<OperateReport>, context: Context): Promise<OperateReport> {
  const failed = (code: string, why: string) => {
    log({
      event: 'burn-failed',
      issuer: policy.issuer,
      code,
      why,
      ...embedded(policy.issuer, clock(), burnMetrics(1)),
    });
  };
  const isLate = () => failed('time_out', 'the burn was not done when the time of the function was nearly over');
  const timer = setTimeout(isLate, context.getRemainingTimeInMillis() - SPARE_MILLISECONDS);
  try {
    return await burn();
  } catch (error) {
    const { name, message } = error as Error;
    if (!isKeyturnError(error, ...REFUSED)) failed(name, message);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
