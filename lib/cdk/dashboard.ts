/** An issuer at a glance, for who looks before an alarm does. $3 a month, the first three free (November 2026). */
import { Duration } from 'aws-cdk-lib';
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { ownMetric } from './own-metrics.ts';
import type { TokenIssuer } from './token-issuer.ts';

const HALF = 12;

export function addDashboard(scope: Construct, id: string, issuer: TokenIssuer): Dashboard {
  const tick = Duration.seconds(issuer.policy.tick);
  const own = (name: string, statistic: string, period = Duration.minutes(5)) =>
    ownMetric(issuer, name, statistic, period);
  const graph = (title: string, left: IMetric[]): IWidget => new GraphWidget({ title, left, width: HALF });
  return new Dashboard(scope, id, {
    widgets: [
      [
        new TextWidget({
          markdown: `# ${issuer.policy.issuer}\n\`keyturn status\` says what holds what.`,
          width: 24,
          height: 2,
        }),
      ],
      [
        new SingleValueWidget({
          title: 'Keys (seconds)',
          metrics: [
            own('KeyAge', 'Maximum', tick),
            own('StandbyAge', 'Maximum', tick),
            own('RotationOverdue', 'Maximum', tick),
          ],
          width: HALF,
        }),
        new SingleValueWidget({
          title: 'What is not well',
          metrics: ['StepsHeld', 'Holds', 'EdgeMismatch', 'KeyUnusable', 'CanaryFailed'].map((name) =>
            own(name, 'Maximum', tick),
          ),
          width: HALF,
        }),
      ],
      [
        graph('Tokens', [own('Tokens', 'Sum'), own('Refused', 'Sum')]),
        graph('Not signed', [own('Unavailable', 'Sum'), own('Throttled', 'Sum'), issuer.metricSignThrottles()]),
      ],
      [
        graph(
          "Milliseconds to a token, and KMS's of them",
          ['SignMilliseconds', 'KmsMilliseconds'].flatMap((name) =>
            ['p50', 'p99'].map((statistic) => own(name, statistic)),
          ),
        ),
        graph('Ticks', [issuer.metricTicks(), issuer.metricTickErrors(), issuer.metricFailedTicks()]),
      ],
    ],
  });
}
