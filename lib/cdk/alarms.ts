/**
 * What somebody is to be woken for: few alarms, each enough by itself, each with what it means and where to read on. Silence
 * is a failure where a tick should have spoken. An alarm costs $0.10 a month, a metric $0.30 (us-east-1, November 2026).
 */
import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { KeyturnError } from '../core/errors.ts';
import type { TokenIssuerProps } from './props.ts';
import type { TokenIssuer } from './token-issuer.ts';

/** The same as in functions/metrics.ts. */
export const NAMESPACE = 'Keyturn';
const RUNBOOKS = 'docs/runbooks';

interface AlarmRule {
  readonly id: string;
  /** What it means and what to do, in the alarm's description. */
  readonly meaning: string;
  readonly metric: IMetric;
  /** It alarms at this value and above, or with `below` under it. */
  readonly threshold: number;
  readonly below?: true;
  /** Periods in a row. */
  readonly periods?: number;
  /** Whether to hear nothing is the failure. */
  readonly missingBreaches?: true;
}

/**
 * Whether the functions write metrics.
 * @throws KeyturnError `policy_invalid` for alarms that could never go off
 */
export function wantsMetrics({ metrics, alarmTopic, dashboard = false }: TokenIssuerProps): boolean {
  const isRead = alarmTopic !== undefined || dashboard;
  if (metrics === false && isRead)
    throw new KeyturnError('policy_invalid', 'metrics must not be false where there is an alarmTopic or a dashboard');
  return metrics ?? isRead;
}

/** One of the issuer's own metrics; there only where they are asked for. */
export const ownMetric = (issuer: TokenIssuer, metricName: string, statistic: string, period: Duration): Metric =>
  new Metric({
    namespace: NAMESPACE,
    metricName,
    dimensionsMap: { Issuer: issuer.policy.issuer },
    statistic,
    period,
  });

export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(issuer: TokenIssuer, id: string, topic: ITopic) {
    super(issuer, id);
    this.all = rulesOf(issuer).map((rule) => {
      const alarm = new Alarm(this, rule.id, {
        alarmDescription: `${issuer.policy.issuer}: ${rule.meaning}`,
        metric: rule.metric,
        threshold: rule.threshold,
        comparisonOperator: rule.below
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: rule.periods ?? 1,
        treatMissingData: rule.missingBreaches ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(new SnsAction(topic));
      return alarm;
    });
  }
}

/** CloudWatch keeps to whole minutes, and a day at the most. */
const period = (seconds: number): Duration =>
  Duration.seconds(Math.min(86_400, Math.max(60, Math.ceil(seconds / 60) * 60)));

function rulesOf(issuer: TokenIssuer): AlarmRule[] {
  const { policy } = issuer;
  const tick = period(policy.tick);
  const minutes = Duration.minutes(5);
  const maximum = (name: string) => ownMetric(issuer, name, 'Maximum', tick);
  const sum = (name: string) => ownMetric(issuer, name, 'Sum', minutes);
  // A window that opens once a week holds a rotation for that long, and nothing is wrong.
  const patience = 2 * policy.tick + (policy.activationWindow ? 7 * 86_400 : 0);
  return [
    {
      id: 'HeartbeatMissed',
      meaning: `no tick has run: keys are neither rotated nor watched. keyturn status; ${RUNBOOKS}/no-ticks.md`,
      metric: issuer.metricTicks({ period: period(2 * policy.tick) }),
      threshold: 1,
      below: true,
      missingBreaches: true,
    },
    {
      id: 'TickFailed',
      meaning: `ticks fail, nothing rotates; the key that works goes on signing. keyturn status; ${RUNBOOKS}/rotation-held.md`,
      metric: issuer.metricTickErrors({ period: tick }),
      threshold: 1,
      periods: 2,
    },
    {
      id: 'RotationOverdue',
      meaning: `the active key signs for longer than it should; it goes on. keyturn status says what holds it; ${RUNBOOKS}/rotation-held.md`,
      metric: maximum('RotationOverdue'),
      threshold: patience,
    },
    {
      id: 'NoStandby',
      meaning: `no standby has been seen at the edge: a burn would stop signing for a moment; ${RUNBOOKS}/rotation-held.md`,
      metric: ownMetric(issuer, 'ObservedStandby', 'Minimum', tick),
      threshold: 1,
      below: true,
      periods: 3,
    },
    {
      id: 'EdgeMismatch',
      meaning: `the edge does not serve what is published; ${RUNBOOKS}/edge-stale.md`,
      metric: maximum('EdgeMismatch'),
      threshold: 1,
      periods: 2,
    },
    {
      id: 'CanaryFailed',
      meaning: `a token of the standby does not verify: it will not sign, and another is made; ${RUNBOOKS}/rotation-held.md`,
      metric: maximum('CanaryFailed'),
      threshold: 1,
    },
    {
      id: 'KeyUnusable',
      meaning: `a key was disabled, or one carries our tag that is not ours: somebody else has been at it; ${RUNBOOKS}/compromise.md`,
      metric: maximum('KeyUnusable'),
      threshold: 1,
    },
    ...(issuer.trailWatch
      ? [
          {
            id: 'TouchedByOthers',
            meaning: `somebody else has touched a key, the table or the bucket, as the trail has it; ${RUNBOOKS}/touched.md`,
            metric: sum('Touched'),
            threshold: 1,
          },
        ]
      : []),
    {
      id: 'SigningFails',
      meaning: `callers get no tokens, through no fault of theirs; ${RUNBOOKS}/kms-throttled.md`,
      metric: sum('Unavailable'),
      threshold: 1,
    },
    {
      id: 'Throttled',
      meaning: `KMS or Lambda turns callers away; ${RUNBOOKS}/kms-throttled.md`,
      metric: sum('Throttled'),
      threshold: 10,
    },
    {
      id: 'Burned',
      meaning: `somebody has burned a key; ${RUNBOOKS}/compromise.md`,
      metric: sum('Burned'),
      threshold: 1,
    },
  ];
}
