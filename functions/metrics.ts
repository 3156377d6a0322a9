/**
 * Metrics as lines of log, which CloudWatch takes out by itself: no call, no library, no permission. Each costs by the
 * month, so there are few, and none unless they are asked for.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import type { ErrorCode } from '../lib/core/errors.ts';
import { REQUEST_CODES } from '../lib/core/errors.ts';
import type { Hold } from '../lib/core/holds.ts';
import type { TickRecord } from '../lib/core/tick-record.ts';

export const NAMESPACE = 'Keyturn';

export interface Metric {
  readonly name: string;
  readonly unit: 'Count' | 'Seconds' | 'Milliseconds';
  readonly value: number;
}

const isOn = process.env.KEYTURN_METRICS === 'yes';

const count = (name: string, value: number): Metric => ({ name, unit: 'Count', value });
const seconds = (name: string, value: number): Metric => ({ name, unit: 'Seconds', value });
const milliseconds = (name: string, value: number): Metric => ({ name, unit: 'Milliseconds', value });

/** The members by which CloudWatch finds metrics in a line, to be spread into it; none where nobody asked. */
export function embedded(issuer: string, at: number, metrics: readonly Metric[], isAsked = isOn): object | undefined {
  if (!isAsked || metrics.length === 0) return undefined;
  const values = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  const definitions = metrics.map(({ name, unit }) => ({ Name: name, Unit: unit }));
  return {
    _aws: {
      Timestamp: Math.round(at * 1000),
      CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: [['Issuer']], Metrics: definitions }],
    },
    Issuer: issuer,
    ...values,
  };
}

/** The codes by which a canary has failed for the key's own sake, and not because nobody could be asked for one. */
const CANARY_CODES = ['canary_failed', 'key_unusable'];
const isFailedCanary = ({ step, code = '' }: Hold): boolean => step === 'activate' && CANARY_CODES.includes(code);

/** What a tick leaves behind. One that failed says nothing of the keys: Lambda counts it as an error. */
export function tickMetrics({ report }: TickRecord, rotationPeriod: number): Metric[] {
  if (!report) return [];
  const { keys, holds } = report;
  const held = (...kinds: string[]) => holds.filter(({ kind }) => kinds.includes(kind)).length;
  const active = keys.find(({ state }) => state === 'active')?.seconds;
  const standby = keys.findLast((key) => key.state === 'pending' && key.seconds !== undefined)?.seconds;
  return [
    count('ObservedStandby', standby === undefined ? 0 : 1),
    count('EdgeMismatch', held('edge')),
    count('KeyUnusable', held('active-key', 'standby-key', 'burned-key', 'foreign-key')),
    count('CanaryFailed', holds.filter(isFailedCanary).length),
    count('StepsHeld', held('step')),
    count('Holds', holds.length),
    ...(active === undefined ? [] : [seconds('KeyAge', active), seconds('RotationOverdue', active - rotationPeriod)]),
    ...(standby === undefined ? [] : [seconds('StandbyAge', standby)]),
  ];
}

/** How long a token took, and how long KMS did of that. */
export const tokenMetrics = (sign: number, kms: number): Metric[] => [
  count('Tokens', 1),
  milliseconds('SignMilliseconds', sign),
  milliseconds('KmsMilliseconds', kms),
];

/** The caller's fault or ours: who asks for what he may not have is no reason to wake anybody. */
export function refusalMetrics(code: string): Metric[] {
  const status = (REQUEST_CODES as Partial<Record<string, number>>)[code as ErrorCode] ?? 503;
  if (status === 429) return [count('Throttled', 1)];
  return [status < 500 ? count('Refused', 1) : count('Unavailable', 1)];
}

export const touchMetrics = (): Metric[] => [count('Touched', 1)];

export const burnMetrics = (burned: number): Metric[] => [count('Burned', burned)];
