/** What an issuer measures of itself, for alarms of one's own. */
import { readFileSync } from 'node:fs';
import { Duration, Stack } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';
import { issuerIn } from './synth.ts';

test('what the functions measure has the names and the dimension that they write', () => {
  const imported = TokenIssuer.fromAttributes(new Stack(), 'Issuer', {
    issuerUrl: 'https://auth.example.com',
    signFunctionName: 's',
    operateFunctionName: 'o',
    tableName: 't',
    bucketName: 'bucket-1',
  });
  const written = readFileSync(new URL('../../functions/metrics.ts', import.meta.url), 'utf8');
  for (const issuer of [issuerIn().issuer, imported]) {
    const own = [
      issuer.metricKeyAge(),
      issuer.metricRotationOverdue(),
      issuer.metricObservedStandby(),
      issuer.metricHolds(),
      issuer.metricEdgeMismatch(),
      issuer.metricTokens(),
      issuer.metricRefused(),
      issuer.metricUnavailable(),
      issuer.metricThrottled(),
      issuer.metricBurned(),
    ];
    expect(own.map(({ metricName, statistic }) => `${statistic} ${metricName}`)).toEqual([
      'Maximum KeyAge',
      'Maximum RotationOverdue',
      'Minimum ObservedStandby',
      'Maximum Holds',
      'Sum EdgeMismatch',
      'Sum Tokens',
      'Sum Refused',
      'Sum Unavailable',
      'Sum Throttled',
      'Sum Burned',
    ]);
    for (const { metricName, namespace, dimensions } of own) {
      expect(written).toMatch(new RegExp(`\\b${metricName}\\b`));
      expect([namespace, dimensions]).toEqual(['Keyturn', { Issuer: 'https://auth.example.com' }]);
    }
  }
  expect(issuerIn().issuer.metricTokens({ statistic: 'Average', period: Duration.hours(1) })).toMatchObject({
    statistic: 'Average',
    period: Duration.hours(1),
  });
});
