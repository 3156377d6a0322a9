/**
 * Metrics that CloudWatch counts in lines that are written anyway: the functions know nothing of them. The filters are free;
 * a metric costs only for the hours in which it counts, so what seldom happens may be told apart by reason.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringPolicyExamples.html
 */
import type { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Unit } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Step } from '../core/lifecycle.ts';
import { NAMESPACE, ownMetric } from './own-metrics.ts';
import type { TokenIssuerProps } from './props.ts';
import type { TokenIssuer } from './token-issuer.ts';

/** Of a line's members only such as have few values: each value is a metric of its own. */
interface Count {
  readonly metricName: string;
  /** The `event` of the lines. */
  readonly event: string;
  readonly dimension: string;
  /** The line's member that it is told apart by. */
  readonly by: string;
}

const HOLDS: Count = { metricName: 'HoldsByReason', event: 'hold', dimension: 'Reason', by: 'step' };
const STEPS: Count = { metricName: 'Steps', event: 'step', dimension: 'Step', by: 'step' };
const REFUSALS: Count = { metricName: 'RefusalsByCode', event: 'refusal', dimension: 'Code', by: 'code' };
const CLIENT_TOKENS: Count = { metricName: 'ClientTokens', event: 'token', dimension: 'Client', by: 'client' };
const CLIENT_REFUSALS: Count = { metricName: 'ClientRefusals', event: 'refusal', dimension: 'Client', by: 'client' };

/**
 * Lambda's own words for a function that ended without an answer, each with the id of its filter. Its `Errors` would be no
 * measure: by direct Invoke a refusal is an error too. Our lines are objects, so that what a caller asks for is none of them.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
 */
const CRASHES = {
  SignTimeouts: ['Task timed out after'],
  SignExits: ['Error: Runtime exited'],
  SignFailedStarts: ['INIT_REPORT', 'Status: error'],
};
const CRASHED = 'Crashed';

export class LogMetrics extends Construct {
  constructor(issuer: TokenIssuer, id: string, { clientMetrics = false }: Pick<TokenIssuerProps, 'clientMetrics'>) {
    super(issuer, id);
    const { signFunction: sign, rotateFunction: rotate, operateFunction: operate } = issuer;
    if (issuer.hasMetrics) {
      this.#count('RotateHolds', rotate.logGroup, HOLDS);
      this.#count('RotateSteps', rotate.logGroup, STEPS);
      this.#count('OperateSteps', operate.logGroup, STEPS);
      this.#count('OperateHolds', operate.logGroup, HOLDS);
      this.#count('Refusals', sign.logGroup, REFUSALS);
      for (const [filter, words] of Object.entries(CRASHES)) {
        new MetricFilter(this, filter, {
          logGroup: sign.logGroup,
          filterPattern: FilterPattern.literal(`${words.map((word) => `"${word}"`).join(' ')} -"{"`),
          metricNamespace: namespaceOf(issuer),
          metricName: CRASHED,
          metricValue: '1',
          unit: Unit.COUNT,
        });
      }
    }
    if (!clientMetrics) return;
    this.#count('ClientTokens', sign.logGroup, CLIENT_TOKENS);
    this.#count('ClientRefusals', sign.logGroup, CLIENT_REFUSALS);
  }

  #count(id: string, logGroup: ILogGroup, { metricName, event, dimension, by }: Count): void {
    new MetricFilter(this, id, {
      logGroup,
      filterPattern: FilterPattern.stringValue('$.event', '=', event),
      metricNamespace: NAMESPACE,
      metricName,
      metricValue: '1',
      unit: Unit.COUNT,
      dimensions: { Issuer: '$.issuer', [dimension]: `$.${by}` },
    });
  }
}

/** Lambda's lines do not name the issuer, and only what is in a line can be a dimension. A namespace takes few characters. */
const namespaceOf = ({ policy }: TokenIssuer): string =>
  `${NAMESPACE}/${policy.issuer.replace(/^https?:\/\//, '').replace(/[^\w./-]/g, '_')}`;

/** Invocations of the sign function that ended without an answer. */
export const crashMetric = (issuer: TokenIssuer, period: Duration): Metric =>
  new Metric({ namespace: namespaceOf(issuer), metricName: CRASHED, statistic: 'Sum', period });

/** Ticks at which this step failed. */
export const heldMetric = (issuer: TokenIssuer, step: Step['kind'], period: Duration): Metric =>
  ownMetric(issuer, HOLDS.metricName, 'Sum', period, { [HOLDS.dimension]: step });

/** What `clientMetrics` counts of one client. */
export const clientMetrics = (Issuer: string, Client: string) => {
  const metric = (metricName: string, options?: MetricOptions): Metric =>
    new Metric({ namespace: NAMESPACE, metricName, dimensionsMap: { Issuer, Client }, statistic: 'Sum', ...options });
  return {
    metricTokens: (options?: MetricOptions): Metric => metric(CLIENT_TOKENS.metricName, options),
    metricRefusals: (options?: MetricOptions): Metric => metric(CLIENT_REFUSALS.metricName, options),
  };
};
