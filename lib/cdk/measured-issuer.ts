/**
 * What an issuer measures of itself, as metrics to alarm on and to draw. They are there only for an issuer with `metrics`,
 * which an `alarmTopic` and a `dashboard` bring along.
 */
import { Duration } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { ownMetric } from './own-metrics.ts';

export abstract class MeasuredIssuer extends Construct {
  /** The `iss` of every token. */
  abstract readonly issuerUrl: string;

  /**
   * Seconds that the active key has signed for.
   * @default - maximum over 5 minutes
   */
  metricKeyAge(options?: MetricOptions): Metric {
    return this.#own('KeyAge', 'Maximum', options);
  }

  /**
   * Seconds since the rotation was due; below zero until it is.
   * @default - maximum over 5 minutes
   */
  metricRotationOverdue(options?: MetricOptions): Metric {
    return this.#own('RotationOverdue', 'Maximum', options);
  }

  /**
   * Standby keys that have been seen at the edge.
   * @default - minimum over 5 minutes
   */
  metricObservedStandby(options?: MetricOptions): Metric {
    return this.#own('ObservedStandby', 'Minimum', options);
  }

  /**
   * What a tick would do and may not.
   * @default - maximum over 5 minutes
   */
  metricHolds(options?: MetricOptions): Metric {
    return this.#own('Holds', 'Maximum', options);
  }

  /**
   * Ticks to which the edge served something else than what is published.
   * @default - sum over 5 minutes
   */
  metricEdgeMismatch(options?: MetricOptions): Metric {
    return this.#own('EdgeMismatch', 'Sum', options);
  }

  /**
   * Tokens that were issued.
   * @default - sum over 5 minutes
   */
  metricTokens(options?: MetricOptions): Metric {
    return this.#own('Tokens', 'Sum', options);
  }

  /**
   * Requests that were refused through the caller's fault.
   * @default - sum over 5 minutes
   */
  metricRefused(options?: MetricOptions): Metric {
    return this.#own('Refused', 'Sum', options);
  }

  /**
   * Requests that got no token through no fault of the caller's.
   * @default - sum over 5 minutes
   */
  metricUnavailable(options?: MetricOptions): Metric {
    return this.#own('Unavailable', 'Sum', options);
  }

  /**
   * Requests that a quota turned away.
   * @default - sum over 5 minutes
   */
  metricThrottled(options?: MetricOptions): Metric {
    return this.#own('Throttled', 'Sum', options);
  }

  /**
   * Keys that were burned.
   * @default - sum over 5 minutes
   */
  metricBurned(options?: MetricOptions): Metric {
    return this.#own('Burned', 'Sum', options);
  }

  #own(name: string, statistic: string, options: MetricOptions = {}): Metric {
    return ownMetric(this, name, statistic, Duration.minutes(5)).with(options);
  }
}
