/** Where the issuer's own metrics are, for alarms and dashboard. They are there only where they are asked for. */
import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { TokenIssuer } from './token-issuer.ts';

/** The same as in functions/metrics.ts. */
export const NAMESPACE = 'Keyturn';

/** @param by what it is told apart by, beside the issuer */
export const ownMetric = (
  { issuerUrl }: Pick<TokenIssuer, 'issuerUrl'>,
  metricName: string,
  statistic: string,
  period: Duration,
  by: Readonly<Record<string, string>> = {},
): Metric =>
  new Metric({ namespace: NAMESPACE, metricName, dimensionsMap: { Issuer: issuerUrl, ...by }, statistic, period });
