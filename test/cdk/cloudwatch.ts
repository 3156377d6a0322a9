/**
 * As much of CloudWatch as our alarms use: the points that it takes out of lines of log, and what an alarm makes of them.
 * Stricter than the real one, which skips a gap where older points are at hand: a period without a point is missing here.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 */
import type { Resolved } from '../iam/template.ts';

export interface Point {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  /** Seconds since 1970. */
  readonly at: number;
}

export interface Alarm {
  readonly AlarmDescription: string;
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Statistic: 'Sum' | 'Maximum' | 'Minimum';
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly Threshold: number;
  readonly ComparisonOperator: 'GreaterThanOrEqualToThreshold' | 'LessThanThreshold';
  readonly TreatMissingData: 'breaching' | 'notBreaching';
  readonly AlarmActions: readonly unknown[];
  readonly OKActions: readonly unknown[];
}

const STATISTICS: Readonly<Record<Alarm['Statistic'], (values: readonly number[]) => number>> = {
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
};

/** @throws Error for a property that is not known here: an alarm that is read half is read wrong */
export function stateOf(alarm: Alarm, points: readonly Point[], now: number): 'OK' | 'ALARM' {
  const { Period, EvaluationPeriods, Statistic, Threshold, ComparisonOperator, TreatMissingData, ...rest } = alarm;
  const {
    AlarmDescription: _,
    Namespace,
    MetricName,
    Dimensions = [],
    AlarmActions: __,
    OKActions: ___,
    ...more
  } = rest;
  if (Object.keys(more).length > 0) throw new Error(`${Object.keys(more)} is not known here`);
  // What CloudWatch refuses.
  if (Period % 60 !== 0 || Period > 86_400 || Period * EvaluationPeriods > 7 * 86_400) throw new Error('too long');
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  const own = points.filter(
    (point) =>
      point.namespace === Namespace &&
      point.name === MetricName &&
      isSame(point.dimensions, dimensions) &&
      point.at < now,
  );
  const breaches = Array.from({ length: EvaluationPeriods }, (__, index) => {
    const [from, to] = [now - (index + 1) * Period, now - index * Period];
    const values = own.filter(({ at }) => from <= at && at < to).map(({ value }) => value);
    if (values.length === 0) return TreatMissingData === 'breaching';
    const value = STATISTICS[Statistic](values);
    return ComparisonOperator === 'LessThanThreshold' ? value < Threshold : value >= Threshold;
  });
  return breaches.every(Boolean) ? 'ALARM' : 'OK';
}

const isSame = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([name, value]) => other[name] === value);

interface Embedded {
  readonly [member: string]: unknown;
  readonly _aws?: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
export function embeddedPoints(line: object): Point[] {
  const { _aws, ...members } = line as Embedded;
  return (_aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }) => ({
        namespace: Namespace,
        name: Name,
        dimensions: Object.fromEntries(names.map((name) => [name, String(members[name])])),
        value: Number(members[Name]),
        at: (_aws?.Timestamp ?? Number.NaN) / 1000,
      })),
    ),
  );
}

interface Filter {
  readonly FilterPattern: string;
  readonly LogGroupName: string;
  readonly MetricTransformations: readonly {
    readonly MetricName: string;
    readonly MetricNamespace: string;
    readonly MetricValue: string;
    readonly Dimensions?: readonly { readonly Key: string; readonly Value: string }[];
  }[];
}

/** What the template's filters count in a line of this log group; one that is written as text is one of Lambda's own. */
export function filteredPoints(template: Resolved, logGroup: string, line: object | string, at: number): Point[] {
  const members = (typeof line === 'string' ? {} : line) as Readonly<Record<string, unknown>>;
  const text = typeof line === 'string' ? line : JSON.stringify(line);
  return template.ofType('AWS::Logs::MetricFilter').flatMap(([, properties]) => {
    const { FilterPattern, LogGroupName, MetricTransformations } = properties as unknown as Filter;
    if (LogGroupName !== logGroup || !fits(FilterPattern, members, text)) return [];
    return MetricTransformations.map(({ MetricName, MetricNamespace, MetricValue, Dimensions = [] }) => ({
      namespace: MetricNamespace,
      name: MetricName,
      dimensions: Object.fromEntries(Dimensions.map(({ Key, Value }) => [Key, String(members[Value.slice(2)])])),
      value: Number(MetricValue),
      at,
    }));
  });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html */
function fits(pattern: string, members: Readonly<Record<string, unknown>>, text: string): boolean {
  const [, member, value] = /^{ \$\.(\w+) = "([^"]*)" }$/.exec(pattern) ?? [];
  if (member) return members[member] === value;
  const terms = [...pattern.matchAll(/(-?)"([^"]*)"/g)];
  if (terms.length === 0 || terms.map(([term]) => term).join(' ') !== pattern)
    throw new Error(`${pattern} is not known`);
  return terms.every(([, minus, phrase = '']) => text.includes(phrase) === (minus === ''));
}
