/**
 * Whoever is to be woken, and that nobody is woken for nothing: not by a deployment that has not made its first key yet, not
 * by one that goes. What for is in alarm-rules.ts.
 */
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { formatDuration } from '../core/duration.ts';
import { KeyturnError } from '../core/errors.ts';
import { DAY_SECONDS, rulesOf } from './alarm-rules.ts';
import type { TokenIssuerProps } from './props.ts';
import type { TokenIssuer } from './token-issuer.ts';

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

export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  /** @throws KeyturnError `policy_invalid` for ticks so seldom that every period of CloudWatch could be one without any */
  constructor(issuer: TokenIssuer, id: string, topic: ITopic) {
    super(issuer, id);
    const { tick } = issuer.policy;
    if (tick > DAY_SECONDS) {
      throw new KeyturnError(
        'policy_invalid',
        `tick must be at most 1d where there is an alarmTopic, CloudWatch's longest period, got ${formatDuration(tick)}`,
      );
    }
    const action = new SnsAction(topic);
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
      alarm.addAlarmAction(action);
      // A pager closes by it what it has opened.
      alarm.addOkAction(action);
      return alarm;
    });
    // Before the first tick silence is no failure, and at the end of the stack the alarms go before the schedule does.
    this.node.addDependency(issuer.ticking.schedule);
  }
}
