/**
 * Metrics as lines of log, which CloudWatch takes out by itself: no call, no library, no permission.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import type { TickRecord } from '../lib/core/tick-record.ts';

export const NAMESPACE = 'Keyturn';

type Unit = 'Count' | 'Seconds' | 'Milliseconds';
interface Metric {
  readonly name: string;
  readonly unit: Unit;
  readonly value: number;
}

/** What a line needs so that CloudWatch finds its metrics; the rest of the line is for people. */
export function embedded(timestamp: number, dimensions: Readonly<Record<string, string>>, metrics: readonly Metric[]) {
  const definitions = metrics.map(({ name, unit }) => ({ Name: name, Unit: unit }));
  return {
    event: 'metrics',
    _aws: {
      Timestamp: Math.round(timestamp * 1000),
      CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: [Object.keys(dimensions)], Metrics: definitions }],
    },
    ...dimensions,
    ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
  };
}

const count = (name: string, value: number): Metric => ({ name, unit: 'Count', value });
const seconds = (name: string, value: number): Metric => ({ name, unit: 'Seconds', value });

/** Holds that have an alarm of their own. */
const HOLDS = {
  rotation: 'RotationHeld',
  edge: 'EdgeMismatch',
  'active-key': 'KeyUnusable',
  'foreign-key': 'ForeignKey',
};

/** One line a tick. Ages and times are those that the tick leaves behind. */
export function tickMetrics(issuer: string, record: TickRecord, rotationPeriod: number): object {
  const { at, report, error } = record;
  const dimensions = { Issuer: issuer };
  if (!report)
    return embedded(at, dimensions, [count('Ticks', 1), count('TicksFailed', 1), ...errorMetrics(error?.code)]);
  const held = (kind: string) => report.holds.filter((hold) => hold.kind === kind).length;
  const active = report.keys.find(({ state }) => state === 'active')?.seconds;
  const standby = report.keys.findLast(({ state, seconds }) => state === 'pending' && seconds !== undefined)?.seconds;
  const stepped = (step: string) => report.steps.filter((done) => done.step === step).length;
  return embedded(at, dimensions, [
    count('Ticks', 1),
    count('TicksFailed', 0),
    count('Steps', report.steps.length),
    count('Activations', stepped('activate')),
    count('Holds', report.holds.length),
    ...Object.entries(HOLDS).map(([kind, name]) => count(name, held(kind))),
    count('CanaryFailed', report.holds.filter(({ why }) => /canary/.test(why)).length),
    count('PublishedKeys', report.keys.length),
    count('ObservedStandby', standby === undefined ? 0 : 1),
    ...(active === undefined ? [] : [seconds('KeyAge', active), seconds('RotationOverdue', active - rotationPeriod)]),
    ...(standby === undefined ? [] : [seconds('StandbyAge', standby)]),
  ]);
}

const errorMetrics = (code: string | undefined): Metric[] =>
  code === 'clock_skewed' || code === 'document_newer' ? [count('TicksRefused', 1)] : [];
