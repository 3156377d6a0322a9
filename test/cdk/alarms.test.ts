/** Each alarm is driven by the very condition that it is for: the shipped rules in a virtual world, and their metrics. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import {
  burnMetrics,
  embedded,
  type Metric,
  NAMESPACE,
  refusalMetrics,
  tickMetrics,
  tokenMetrics,
  touchMetrics,
} from '../../functions/metrics.ts';
import type { TokenIssuerProps } from '../../lib/cdk/props.ts';
import { TokenIssuer } from '../../lib/cdk/token-issuer.ts';
import { KeyturnError } from '../../lib/core/errors.ts';
import { recorded, type TickRecord } from '../../lib/core/tick-record.ts';
import { World } from '../../lib/simulator/world.ts';
import { CONTEXT, ISSUER, templateOf } from './synth.ts';

interface Alarm {
  readonly AlarmDescription: string;
  readonly MetricName: string;
  readonly Namespace: string;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
  readonly Period: number;
  readonly AlarmActions: readonly unknown[];
}

function synthesized(props: Partial<TokenIssuerProps> = {}): Template {
  const stack = new Stack(new App({ context: CONTEXT, builtinCloudFormationValidation: false }), 'Keyturn');
  new TokenIssuer(stack, 'Issuer', {
    issuer: ISSUER,
    alarmTopic: new Topic(stack, 'Topic'),
    watchTrail: true,
    ...props,
  });
  return Template.fromStack(stack);
}
const TEMPLATE = synthesized();
const ALARMS = Object.entries(TEMPLATE.findResources('AWS::CloudWatch::Alarm')).map(
  ([id, { Properties }]) => [/^IssuerAlarms([A-Za-z]+?)[0-9A-F]{8}$/.exec(id)?.[1] ?? id, Properties as Alarm] as const,
);
const alarm = (name: string): Alarm => Object.fromEntries(ALARMS)[name] as Alarm;

/** Whether the alarm would go off at what the functions measure. */
function crosses(name: string, metrics: readonly Metric[]): boolean {
  const { MetricName, Threshold, ComparisonOperator } = alarm(name);
  const metric = metrics.find((one) => one.name === MetricName);
  if (!metric) return false;
  return ComparisonOperator === 'LessThanThreshold' ? metric.value < Threshold : metric.value >= Threshold;
}

async function settled(): Promise<World> {
  const world = new World();
  await world.tick();
  return world;
}
async function measured(world: World): Promise<Metric[]> {
  let record: TickRecord | undefined;
  const notice = (one: TickRecord) => {
    record = one;
  };
  const records = { write: async () => undefined, read: async () => undefined };
  await recorded({ records, clock: () => world.now, log: () => undefined, notice }, world.policy, () =>
    world.tick(),
  ).catch(() => undefined);
  return tickMetrics(record as TickRecord, world.policy.rotationPeriod);
}
const OWN = ALARMS.filter(([, { Namespace }]) => Namespace === NAMESPACE).map(([name]) => name);

describe('every alarm', () => {
  test('says what it means, names what to read, and tells the topic', () => {
    expect(ALARMS).toHaveLength(11);
    for (const [, { AlarmDescription, AlarmActions }] of ALARMS) {
      expect(AlarmDescription).toMatch(/^https:\/\/auth\.example\.com: .*docs\/runbooks\/[a-z-]+\.md$/);
      expect(AlarmActions).toHaveLength(1);
    }
  });
  test('is silent where all is well', async () => {
    const world = await settled();
    for (const day of [1, 89, 90, 91, 101]) {
      world.now = 1_800_000_000 + day * 86_400;
      const metrics = await measured(world);
      expect(OWN.filter((name) => crosses(name, metrics))).toEqual([]);
    }
    expect(OWN.filter((name) => crosses(name, [...tokenMetrics(20), ...refusalMetrics('reserved_claim')]))).toEqual([]);
  });
  test('watches something that is measured', async () => {
    const metrics = [
      ...(await measured(await settled())),
      ...tokenMetrics(1),
      ...refusalMetrics('throttled'),
      ...refusalMetrics('no_active_key'),
      ...burnMetrics(1),
      ...touchMetrics(),
    ];
    const names = new Set(metrics.map(({ name }) => name));
    for (const name of OWN) expect(names).toContain(alarm(name).MetricName);
  });
});

describe('goes off', () => {
  test('RotationOverdue, when the edge has not shown the standby for too long', async () => {
    const world = await settled();
    world.bucket.fetch = () => Promise.reject(new KeyturnError('edge_unreachable', 'told to'));
    world.now += world.policy.rotationPeriod + 3 * world.policy.tick;
    const metrics = await measured(world);
    expect(crosses('RotationOverdue', metrics)).toBe(true);
    expect(crosses('EdgeMismatch', metrics)).toBe(true);
  });
  test('NoStandby, when none can be made', async () => {
    const world = await settled();
    world.intercept = ({ name }) => {
      if (name === 'keys.create') throw new KeyturnError('kms_unavailable', 'told to');
    };
    await world.rotateNow().catch(() => undefined);
    world.now += 2 * 86_400;
    await world.tick();
    expect(crosses('NoStandby', await measured(world))).toBe(true);
  });
  test('CanaryFailed, when the standby’s token does not verify', async () => {
    const world = await settled();
    world.now += 91 * 86_400;
    world.intercept = ({ name }) => {
      if (name === 'signer.sign') throw new KeyturnError('canary_failed', 'the canary of x failed: told to');
    };
    expect(crosses('CanaryFailed', await measured(world))).toBe(true);
  });
  test('KeyUnusable, when somebody disabled the active key and nothing can take over', async () => {
    const world = await settled();
    const active = world.keyring.keys.find(({ state }) => state === 'active');
    await world.kms.disable(active?.keyArn ?? '');
    world.bucket.fetch = () => Promise.reject(new KeyturnError('edge_unreachable', 'told to'));
    expect(crosses('KeyUnusable', await measured(world))).toBe(true);
  });
  test.each(['no_active_key', 'keyring_unreadable', 'kms_unavailable', 'internal'])('SigningFails, at %s', (code) => {
    expect(crosses('SigningFails', refusalMetrics(code))).toBe(true);
  });
  test('Throttled and Burned', () => {
    const ten = refusalMetrics('throttled').map((metric) => ({ ...metric, value: 10 * metric.value }));
    expect(crosses('Throttled', ten)).toBe(true);
    expect(crosses('Burned', burnMetrics(1))).toBe(true);
  });
  test('TouchedByOthers, at one event of the trail; whom it lets through is in trail.test.ts', () => {
    expect(crosses('TouchedByOthers', touchMetrics())).toBe(true);
  });
  test('HeartbeatMissed, at silence; TickFailed, at errors of the function', () => {
    expect(alarm('HeartbeatMissed')).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Invocations',
      TreatMissingData: 'breaching',
      ComparisonOperator: 'LessThanThreshold',
      Period: 1800,
    });
    expect(alarm('TickFailed')).toMatchObject({ Namespace: 'AWS/Lambda', MetricName: 'Errors', Period: 900 });
    for (const [name, { TreatMissingData }] of ALARMS) {
      expect(TreatMissingData).toBe(name === 'HeartbeatMissed' ? 'breaching' : 'notBreaching');
    }
  });
});

describe('metrics', () => {
  const variables = (template: Template) =>
    Object.values(template.findResources('AWS::Lambda::Function')).flatMap(({ Properties }) =>
      Properties.Environment?.Variables.KEYTURN_METRICS === 'yes' ? [Properties.Environment.Variables] : [],
    );

  test('cost nothing unless somebody asks for them', () => {
    expect(variables(templateOf())).toEqual([]);
    templateOf().resourceCountIs('AWS::CloudWatch::Alarm', 0);
    expect(variables(TEMPLATE)).toHaveLength(4);
    expect(variables(templateOf({ metrics: true }))).toHaveLength(3);
    expect(variables(templateOf({ metrics: false }))).toEqual([]);
    const silent = 'metrics must not be false where there is an alarmTopic or a dashboard';
    expect(() => synthesized({ metrics: false })).toThrow(silent);
    expect(() => templateOf({ metrics: false, dashboard: true })).toThrow(silent);
    expect(embedded(ISSUER, 1, tokenMetrics(1), false)).toBeUndefined();
  });
  test('are lines that CloudWatch understands', () => {
    expect(embedded(ISSUER, 1_800_000_000.25, tokenMetrics(12.5), true)).toEqual({
      _aws: {
        Timestamp: 1_800_000_000_250,
        CloudWatchMetrics: [
          {
            Namespace: 'Keyturn',
            Dimensions: [['Issuer']],
            Metrics: [
              { Name: 'Tokens', Unit: 'Count' },
              { Name: 'SignMilliseconds', Unit: 'Milliseconds' },
            ],
          },
        ],
      },
      Issuer: ISSUER,
      Tokens: 1,
      SignMilliseconds: 12.5,
    });
  });
  test('have a dashboard where one is asked for', () => {
    const template = synthesized({ dashboard: true });
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    const text = JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard'));
    for (const name of ['KeyAge', 'Tokens', 'Unavailable', 'SignMilliseconds']) expect(text).toContain(name);
  });
});
