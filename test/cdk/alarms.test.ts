/**
 * Each alarm is driven by the very condition that it is for, and not before: the shipped rules in a virtual world, what the
 * functions write of it, and the alarm as it is synthesized.
 */
import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import {
  burnMetrics,
  embedded,
  refusalMetrics,
  tickMetrics,
  tokenMetrics,
  touchMetrics,
} from '../../functions/metrics.ts';
import { KeyturnError } from '../../lib/core/errors.ts';
import type { Hold } from '../../lib/core/holds.ts';
import { type Alarm, type Point, stateOf } from './cloudwatch.ts';
import { templateOf } from './synth.ts';
import { alarmsOf, resolvedOf, synthesized, WatchedWorld } from './watched-world.ts';

const TEMPLATE = synthesized();
const RESOLVED = resolvedOf(TEMPLATE);
const ALARMS = alarmsOf(RESOLVED);
const settled = () => WatchedWorld.settled(RESOLVED);
const failing = (call: string, code: ConstructorParameters<typeof KeyturnError>[0] = 'kms_unavailable') => {
  return ({ name }: { readonly name: string }) => {
    if (name === call) throw new KeyturnError(code, 'told to');
  };
};
const away = () => Promise.reject(new KeyturnError('edge_unreachable', 'told to'));

/** Those that have gone off somewhere below. */
const driven = new Set<string>();
function alarms(watched: WatchedWorld): string[] {
  for (const name of watched.alarms) driven.add(name);
  return watched.alarms;
}
/** The state after each tick. */
async function states(watched: WatchedWorld, name: string, ticks: number): Promise<boolean[]> {
  const seen: boolean[] = [];
  for (let count = 0; count < ticks; count++) {
    await watched.tick();
    seen.push(alarms(watched).includes(name));
  }
  return seen;
}

describe('every alarm', () => {
  test('says what it means, names what to read, and tells the topic that it began and that it is over', () => {
    expect(ALARMS.size).toBe(16);
    for (const { AlarmDescription, AlarmActions, OKActions } of ALARMS.values()) {
      expect(AlarmDescription).toMatch(/^https:\/\/auth\.example\.com: .*docs\/runbooks\/[a-z-]+\.md$/);
      expect(AlarmActions).toHaveLength(1);
      expect(OKActions).toEqual(AlarmActions);
    }
  });

  test('is in the documents: in the table of docs/deploying.md, and on the page that it names', () => {
    const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    const rows = [...read('docs/deploying.md').matchAll(/^\| `(\w+)` \| .* \| .*\|$/gm)].map(([, name]) => name);
    expect(rows).toEqual(expect.arrayContaining([...ALARMS.keys()]));
    const unnamed = [...ALARMS].filter(([name, { AlarmDescription }]) => {
      const [page = ''] = /docs\/runbooks\/.*$/.exec(AlarmDescription) ?? [];
      return !read(page).includes(`\`${name}\``);
    });
    expect(unnamed.map(([name]) => name)).toEqual([]);
  });

  test('waits for the schedule, and so for the first key', () => {
    const all = Object.values(TEMPLATE.findResources('AWS::CloudWatch::Alarm'));
    for (const { DependsOn } of all) expect(DependsOn).toContainEqual(expect.stringMatching(/^IssuerTickingSchedule/));
  });

  test('is silent where all is well', async () => {
    const watched = await settled();
    for (const day of [1, 89, 90, 91, 101]) {
      watched.world.now = 1_800_000_000 + day * 86_400;
      for (let count = 0; count < 3; count++) await watched.tick();
      watched.write('IssuerSignLogs', [tokenMetrics(20, 15), refusalMetrics('reserved_claim')], [{ event: 'token' }]);
      expect(watched.alarms).toEqual([]);
    }
  });
});

describe('goes off', () => {
  test('HeartbeatMissed, when two ticks are missing', async () => {
    const watched = await settled();
    watched.world.now += watched.world.policy.tick;
    expect(alarms(watched)).toEqual([]);
    watched.world.now += watched.world.policy.tick;
    expect(alarms(watched)).toContain('HeartbeatMissed');
  });

  test('TickFailed, at the second in a row', async () => {
    const watched = await settled();
    watched.world.rotatorSkew = 3600;
    expect(await states(watched, 'TickFailed', 3)).toEqual([false, true, true]);
    watched.world.rotatorSkew = 0;
    expect(await states(watched, 'TickFailed', 1)).toEqual([false]);
  });

  test('StepHeld, when the same step fails at the third tick', async () => {
    const watched = await settled();
    watched.world.bucket.objects.clear();
    watched.world.intercept = failing('publisher.write', 'document_conflict');
    expect(await states(watched, 'StepHeld', 4)).toEqual([false, false, true, true]);
    watched.world.intercept = undefined;
    expect(await states(watched, 'StepHeld', 1)).toEqual([false]);
  });

  test('RotationOverdue, when the edge has not shown the standby for two ticks too long', async () => {
    const watched = await settled();
    const { world } = watched;
    world.bucket.fetch = away;
    world.now = 1_800_000_000 + world.policy.rotationPeriod;
    expect(await states(watched, 'RotationOverdue', 4)).toEqual([false, false, true, true]);
  });

  test('NoStandby, when none can be made for three ticks', async () => {
    const watched = await settled();
    const { world } = watched;
    world.now += world.policy.publicationLead;
    world.intercept = failing('keys.create');
    await world.rotateNow();
    expect(await states(watched, 'NoStandby', 3)).toEqual([false, false, true]);
    world.intercept = undefined;
    expect(await states(watched, 'NoStandby', 1)).toEqual([false]);
  });

  test('EdgeMismatch, when the edge is behind at two ticks', async () => {
    const watched = await settled();
    const fetch = watched.world.bucket.fetch;
    watched.world.bucket.fetch = away;
    expect(await states(watched, 'EdgeMismatch', 2)).toEqual([false, true]);
    watched.world.bucket.fetch = fetch;
    expect(await states(watched, 'EdgeMismatch', 1)).toEqual([false]);
  });

  test('KeyUnusable, when somebody disabled the active key and nothing can take over', async () => {
    const watched = await settled();
    const { world } = watched;
    world.bucket.fetch = away;
    expect(await states(watched, 'KeyUnusable', 1)).toEqual([false]);
    await world.kms.disable(world.keyring.keys.find(({ state }) => state === 'active')?.keyArn ?? '');
    expect(await states(watched, 'KeyUnusable', 1)).toEqual([true]);
  });

  test.each(['active', 'pending'])(
    'KeyUnusable, also in the tick that mends it: a %s key that somebody disabled',
    async (which) => {
      const watched = await settled();
      const { world } = watched;
      world.now += world.policy.publicationLead;
      expect(await states(watched, 'KeyUnusable', 1)).toEqual([false]);
      await world.kms.disable(world.keyring.keys.find(({ state }) => state === which)?.keyArn ?? '');
      expect(await states(watched, 'KeyUnusable', 2)).toEqual([true, false]);
    },
  );

  test('CanaryFailed, when the standby cannot sign its canary', async () => {
    const watched = await settled();
    const { world } = watched;
    world.now += world.policy.rotationPeriod;
    world.intercept = ({ name, phase }) => {
      if (name === 'signer.sign' && phase === 'before') throw new KeyturnError('key_unusable', 'told to');
    };
    expect(await states(watched, 'CanaryFailed', 1)).toEqual([true]);
    world.intercept = undefined;
    expect(await states(watched, 'CanaryFailed', 1)).toEqual([false]);
  });

  test('Burned at once, and BurnUnfinished for as long as KMS keeps the key enabled', async () => {
    const watched = await settled();
    const { world } = watched;
    world.intercept = failing('keys.disable');
    const before = world.log.length;
    const { burned } = await world.burn({ kids: [world.keyring.keys[0]?.kid ?? ''] });
    expect(alarms(watched)).toEqual([]);
    watched.write('IssuerOperateLogs', [burnMetrics(burned.length)], world.log.slice(before));
    world.now += 1;
    expect(alarms(watched)).toEqual(expect.arrayContaining(['Burned', 'BurnUnfinished']));
    expect(await states(watched, 'BurnUnfinished', 2)).toEqual([true, true]);
    world.intercept = undefined;
    expect(await states(watched, 'BurnUnfinished', 1)).toEqual([false]);
    expect(watched.alarms).not.toContain('Burned');
  });

  test.each(['no_active_key', 'keyring_unreadable', 'kms_unavailable', 'internal'])(
    'SigningFails, at %s',
    async (code) => {
      const watched = await settled();
      watched.write('IssuerSignLogs', [refusalMetrics(code)]);
      expect(watched.alarms).toEqual([]);
      watched.world.now += 60;
      expect(alarms(watched)).toEqual(['SigningFails']);
      watched.world.now += 300;
      expect(watched.alarms).toEqual([]);
    },
  );

  test.each([
    '2026-11-27T00:00:30.000Z 6bc28136-xmpl-4365-b021-0ce6b2e64ab0 Task timed out after 30.03 seconds',
    'RequestId: 6bc28136-xmpl-4365-b021-0ce6b2e64ab0 Error: Runtime exited with error: signal: killed',
    'INIT_REPORT Init Duration: 150.79 ms\tPhase: init\tStatus: error\tError Type: Runtime.UserCodeSyntaxError',
  ])('SigningCrashes, at %s', async (line) => {
    const watched = await settled();
    // By a caller's wish, and without an error.
    const aud = ['Task timed out after', 'Error: Runtime exited', 'INIT_REPORT Status: error'];
    watched.write('IssuerSignLogs', [], [{ event: 'token', aud }, 'INIT_REPORT Init Duration: 9 ms\tPhase: init']);
    watched.write('IssuerRotateLogs', [], [line]);
    watched.world.now += 60;
    expect(watched.alarms).toEqual([]);
    watched.write('IssuerSignLogs', [], [line]);
    watched.world.now += 60;
    expect(alarms(watched)).toEqual(['SigningCrashes']);
  });

  test('Throttled and TurnedAway, at ten callers in five minutes', async () => {
    const watched = await settled();
    const nine = () => {
      for (let count = 0; count < 9; count++) watched.write('IssuerSignLogs', [refusalMetrics('throttled')]);
      watched.counted('IssuerSign', 'Throttles', 9);
    };
    const one = () => {
      watched.write('IssuerSignLogs', [refusalMetrics('throttled')]);
      watched.counted('IssuerSign', 'Throttles');
    };
    nine();
    watched.world.now += 300;
    one();
    watched.world.now += 60;
    expect(watched.alarms).toEqual([]);
    nine();
    watched.world.now += 60;
    expect(alarms(watched)).toEqual(['Throttled', 'TurnedAway']);
  });

  test('TouchedByOthers, at one event of the trail; whom it lets through is in trail.test.ts', async () => {
    const watched = await settled();
    watched.write('IssuerTrailFunctionLogs', [touchMetrics()]);
    watched.world.now += 60;
    expect(alarms(watched)).toEqual(['TouchedByOthers']);
  });

  test('WatchFailed, at one event that nobody could judge', async () => {
    const watched = await settled();
    watched.counted('IssuerTrailFunction', 'Errors', 0);
    watched.world.now += 60;
    expect(watched.alarms).toEqual([]);
    watched.counted('IssuerTrailFunction', 'Errors');
    watched.world.now += 60;
    expect(alarms(watched)).toEqual(['WatchFailed']);
  });

  /** Kinds and members of a hold that the rotator says besides. */
  const holding = async (...holds: { readonly kind: string; readonly step?: string; readonly code?: string }[]) => {
    const watched = await settled();
    const report = { revision: 1, documentVersion: 1, steps: [], keys: [], holds: holds as unknown as Hold[] };
    watched.write('IssuerRotateLogs', [tickMetrics({ at: watched.world.now, seconds: 1, policy: {}, report }, 1)]);
    watched.world.now += 1;
    return alarms(watched).filter((name) => name !== 'NoStandby');
  };
  const why = 'the sign function made no canary: KMS is throttling this account';

  test.each(['canary_failed', 'key_unusable'])('CanaryFailed, when the standby’s token fails with %s', async (code) => {
    expect(await holding({ kind: 'step', step: 'activate', code })).toEqual(['CanaryFailed']);
  });
  test.each([
    { step: 'activate', code: 'throttled', why },
    { step: 'activate', code: 'no_pending_key', why },
    { step: 'disable', code: 'key_unusable', why },
    { why },
  ])('not CanaryFailed, at %o', async (step) => expect(await holding({ kind: 'step', ...step })).toEqual([]));
  test.each(['active-key', 'standby-key', 'burned-key', 'foreign-key'])(
    'KeyUnusable, at a hold of the kind %s',
    async (kind) => {
      expect(await holding({ kind })).toEqual(['KeyUnusable']);
    },
  );
});

/** A tick by hand, or one that was late: the schedule's are a period apart. */
test.each(['StepHeld', 'RotationOverdue', 'NoStandby', 'EdgeMismatch', 'CanaryFailed', 'KeyUnusable'])(
  '%s takes the worse of two ticks in one period, and never their sum',
  (name) => {
    const alarm = ALARMS.get(name) as Alarm;
    const { Threshold, Period, EvaluationPeriods, Namespace: namespace, MetricName, Dimensions = [] } = alarm;
    const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
    const ticks = (...values: number[]): Point[] =>
      Array.from({ length: EvaluationPeriods }, (_, index) =>
        values.map((value) => ({ namespace, name: MetricName, dimensions, value, at: index * Period })),
      ).flat();
    const now = EvaluationPeriods * Period;
    const [bad, good] = alarm.ComparisonOperator === 'LessThanThreshold' ? [0, Threshold] : [Threshold, Threshold - 1];
    expect(stateOf(alarm, ticks(bad, good), now)).toBe('ALARM');
    expect(stateOf(alarm, ticks(good, good), now)).toBe('OK');
  },
);

test('none has been left out', () => expect([...driven].sort()).toEqual([...ALARMS.keys()].sort()));

describe('the longest tick', () => {
  const withTick = (hours: number) => synthesized({ tick: Duration.hours(hours), rotationPeriod: Duration.days(90) });

  test.each([12, 18, 24])('of %i hours that alarms are for is one whose silence is heard', async (hours) => {
    const watched = new WatchedWorld(resolvedOf(withTick(hours)));
    watched.world.decide({ tick: `${hours}h` });
    for (let count = 0; count < 4; count++) {
      await watched.tick();
      expect(watched.alarms).toEqual([]);
    }
    watched.world.now += hours * 3600;
    expect(watched.alarms).toEqual([]);
    watched.world.now += 48 * 3600;
    expect(watched.alarms).toContain('HeartbeatMissed');
  });

  test('is a day, for CloudWatch counts no longer periods', () => {
    const sentence = "tick must be at most 1d where there is an alarmTopic, CloudWatch's longest period, got 2d";
    expect(() => withTick(48)).toThrow(sentence);
    expect(() => templateOf({ tick: Duration.hours(48) })).not.toThrow();
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
    expect(embedded('https://auth.example.com', 1, tokenMetrics(2, 1), false)).toBeUndefined();
  });
  test('are lines that CloudWatch understands', () => {
    expect(embedded('https://auth.example.com', 1_800_000_000.25, tokenMetrics(12.5, 9.25), true)).toEqual({
      _aws: {
        Timestamp: 1_800_000_000_250,
        CloudWatchMetrics: [
          {
            Namespace: 'Keyturn',
            Dimensions: [['Issuer']],
            Metrics: [
              { Name: 'Tokens', Unit: 'Count' },
              { Name: 'SignMilliseconds', Unit: 'Milliseconds' },
              { Name: 'KmsMilliseconds', Unit: 'Milliseconds' },
            ],
          },
        ],
      },
      Issuer: 'https://auth.example.com',
      Tokens: 1,
      SignMilliseconds: 12.5,
      KmsMilliseconds: 9.25,
    });
  });
  test('have a dashboard where one is asked for', () => {
    const template = synthesized({ dashboard: true });
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    const text = JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard'));
    for (const name of ['KeyAge', 'Tokens', 'Unavailable']) expect(text).toContain(name);
    const graphed = [...text.matchAll(/(\w+Milliseconds)[^{]*\{[^{}]*(p\d+)/g)].map(([, name, percentile]) => [
      name,
      percentile,
    ]);
    expect(graphed).toEqual([
      ['SignMilliseconds', 'p50'],
      ['SignMilliseconds', 'p99'],
      ['KmsMilliseconds', 'p50'],
      ['KmsMilliseconds', 'p99'],
    ]);
  });
});
