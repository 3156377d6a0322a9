/** What CloudWatch counts in the lines of the log, and told apart by what. */
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { NAMESPACE as RUN_TIME_NAMESPACE } from '../../functions/metrics.ts';
import { NAMESPACE } from '../../lib/cdk/own-metrics.ts';
import type { TokenIssuerProps } from '../../lib/cdk/props.ts';
import { ISSUER, issuerIn, templateOf } from './synth.ts';

interface Filter {
  readonly FilterPattern: string;
  readonly LogGroupName: { readonly Ref: string };
  readonly MetricTransformations: readonly {
    readonly MetricName: string;
    readonly MetricNamespace: string;
    readonly MetricValue: string;
    readonly Dimensions: readonly { readonly Key: string; readonly Value: string }[];
  }[];
}

const filtersOf = (props: Partial<TokenIssuerProps>) =>
  Object.values(templateOf(props).findResources('AWS::Logs::MetricFilter')).map(({ Properties }) => {
    const { FilterPattern, LogGroupName, MetricTransformations } = Properties as Filter;
    const [{ MetricName = '', MetricNamespace = '', Dimensions = [], ...rest } = {}] = MetricTransformations;
    expect(rest).toEqual({ MetricValue: '1', Unit: 'Count' });
    // Without the dimension by which issuers are told apart, it is the namespace that does.
    expect(MetricNamespace).toBe(Dimensions.length > 0 ? NAMESPACE : `${NAMESPACE}/auth.example.com`);
    const group = LogGroupName.Ref.replace(/^Issuer|Logs[0-9A-F]{8}$/g, '');
    return [MetricName, group, FilterPattern, Dimensions.map(({ Key, Value }) => `${Key}=${Value}`).join(' ')];
  });

describe('what is counted', () => {
  test('with metrics: holds by reason, steps, refusals by code, and what Lambda says of a function that did not answer', () => {
    expect(filtersOf({ metrics: true })).toEqual([
      ['HoldsByReason', 'Rotate', '{ $.event = "hold" }', 'Issuer=$.issuer Reason=$.step'],
      ['Steps', 'Rotate', '{ $.event = "step" }', 'Issuer=$.issuer Step=$.step'],
      ['Steps', 'Operate', '{ $.event = "step" }', 'Issuer=$.issuer Step=$.step'],
      ['HoldsByReason', 'Operate', '{ $.event = "hold" }', 'Issuer=$.issuer Reason=$.step'],
      ['RefusalsByCode', 'Sign', '{ $.event = "refusal" }', 'Issuer=$.issuer Code=$.code'],
      ['Crashed', 'Sign', '"Task timed out after" -"{"', ''],
      ['Crashed', 'Sign', '"Error: Runtime exited" -"{"', ''],
      ['Crashed', 'Sign', '"INIT_REPORT" "Status: error" -"{"', ''],
    ]);
  });

  test('with clientMetrics alone: tokens and refusals by client, without a byte in the function', () => {
    expect(filtersOf({ clientMetrics: true })).toEqual([
      ['ClientTokens', 'Sign', '{ $.event = "token" }', 'Issuer=$.issuer Client=$.client'],
      ['ClientRefusals', 'Sign', '{ $.event = "refusal" }', 'Issuer=$.issuer Client=$.client'],
    ]);
    const functions = JSON.stringify(templateOf({ clientMetrics: true }).findResources('AWS::Lambda::Function'));
    expect(functions).not.toContain('METRICS');
  });

  test('nothing that nobody asked for', () => expect(filtersOf({})).toEqual([]));
});

test('a client has its metrics under the names that are counted', () => {
  const { stack, issuer } = issuerIn({ clientMetrics: true });
  const role = Role.fromRoleName(stack, 'Role', 'orders');
  const { metricTokens, metricRefusals } = issuer.addClient('orders', { role, audiences: ['a'] });
  const names = filtersOf({ clientMetrics: true }).map(([name]) => name);
  expect([metricTokens().metricName, metricRefusals().metricName]).toEqual(names);
  for (const metric of [metricTokens(), metricRefusals({ statistic: 'Average' })]) {
    expect(metric).toMatchObject({ namespace: NAMESPACE, dimensions: { Issuer: ISSUER, Client: 'orders' } });
  }
  expect(metricRefusals({ statistic: 'Average' }).statistic).toBe('Average');
  expect(Template.fromStack(stack)).toBeDefined();
});

test('a namespace has no character that CloudWatch refuses there', () => {
  const filters = templateOf({ metrics: true, issuer: 'https://auth.example.com:8443/a=b@c' });
  filters.hasResourceProperties('AWS::Logs::MetricFilter', {
    MetricTransformations: [Match.objectLike({ MetricNamespace: 'Keyturn/auth.example.com_8443/a_b_c' })],
  });
});

test('all metrics have one namespace', () => expect(NAMESPACE).toBe(RUN_TIME_NAMESPACE));
