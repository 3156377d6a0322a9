/**
 * What somebody is to be woken for: few alarms, each enough by itself, each with what it means and where to read on. One
 * failure is enough, unless the next tick or call is known to mend it: those that wait say how long, and why. Silence is a
 * failure where a tick should have spoken. An alarm costs $0.10 a month and as much for each further metric in it, a metric
 * $0.30 (us-east-1, November 2026), so that none adds two together: it would be no cheaper than two that say which it was.
 */
import { Duration } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { crashMetric, heldMetric } from './log-metrics.ts';
import { ownMetric } from './own-metrics.ts';
import type { TokenIssuer } from './token-issuer.ts';

const RUNBOOKS = 'docs/runbooks';
export const DAY_SECONDS = 86_400;

export interface AlarmRule {
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

/** CloudWatch keeps to whole minutes, and a day at the most. */
const period = (seconds: number): Duration =>
  Duration.seconds(Math.min(DAY_SECONDS, Math.max(60, Math.ceil(seconds / 60) * 60)));

export function rulesOf(issuer: TokenIssuer): AlarmRule[] {
  return [...tickRules(issuer), ...keyRules(issuer), ...callRules(issuer), ...watchRules(issuer)];
}

const minutes = Duration.minutes(5);

function tickRules(issuer: TokenIssuer): AlarmRule[] {
  const { policy } = issuer;
  const tick = period(policy.tick);
  const maximum = (name: string) => ownMetric(issuer, name, 'Maximum', tick);
  const silence = 2 * policy.tick;
  // A window that opens once a week holds a rotation for that long, and nothing is wrong.
  const patience = silence + (policy.activationWindow ? 7 * DAY_SECONDS : 0);
  return [
    {
      id: 'HeartbeatMissed',
      meaning: `no tick has run: keys are neither rotated nor watched. keyturn status; ${RUNBOOKS}/no-ticks.md`,
      metric: issuer.metricTicks({ period: period(silence) }),
      threshold: 1,
      below: true,
      periods: Math.ceil(silence / DAY_SECONDS),
      missingBreaches: true,
    },
    {
      id: 'TickFailed',
      meaning: `ticks fail, nothing rotates; the key that works goes on signing. keyturn status; ${RUNBOOKS}/rotation-held.md`,
      metric: issuer.metricTickErrors({ period: tick }),
      threshold: 1,
      // One that AWS let down is repeated by the next one, and nothing has been lost.
      periods: 2,
    },
    {
      id: 'StepHeld',
      meaning: `a step of the rotation fails at every tick; keyturn status says which and why; ${RUNBOOKS}/rotation-held.md`,
      metric: maximum('StepsHeld'),
      threshold: 1,
      // A lost race, a throttle, a permission that has not got round: each is over with the next tick or the one after.
      periods: 3,
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
      // Each rotation makes one, the tick after sees it, and KMS may take one longer to show it.
      periods: 3,
    },
    {
      id: 'EdgeMismatch',
      meaning: `the edge does not serve what is published; ${RUNBOOKS}/edge-stale.md`,
      metric: maximum('EdgeMismatch'),
      threshold: 1,
      // Behind each publication the edge is late for as long as an invalidation takes.
      periods: 2,
    },
  ];
}

function keyRules(issuer: TokenIssuer): AlarmRule[] {
  const tick = period(issuer.policy.tick);
  return [
    {
      id: 'CanaryFailed',
      meaning: `a token of the standby does not verify: it will not sign, and another is made; ${RUNBOOKS}/rotation-held.md`,
      metric: ownMetric(issuer, 'CanaryFailed', 'Maximum', tick),
      threshold: 1,
    },
    {
      id: 'KeyUnusable',
      meaning: `a key was disabled, or one carries our tag that is not ours: somebody else has been at it; ${RUNBOOKS}/touched.md`,
      metric: ownMetric(issuer, 'KeyUnusable', 'Maximum', tick),
      threshold: 1,
    },
    {
      id: 'Burned',
      meaning: `somebody has burned a key, or a burn has failed; ${RUNBOOKS}/compromise.md`,
      metric: ownMetric(issuer, 'Burned', 'Sum', minutes),
      threshold: 1,
    },
    {
      id: 'BurnUnfinished',
      meaning: `a burned key could not be disabled in KMS: whoever can sign with it goes on; ${RUNBOOKS}/compromise.md`,
      metric: heldMetric(issuer, 'disable', tick),
      threshold: 1,
    },
  ];
}

function callRules(issuer: TokenIssuer): AlarmRule[] {
  const sum = (name: string) => ownMetric(issuer, name, 'Sum', minutes);
  return [
    {
      id: 'SigningFails',
      meaning: `callers get no tokens, through no fault of theirs; ${RUNBOOKS}/signing-fails.md`,
      metric: sum('Unavailable'),
      threshold: 1,
    },
    {
      id: 'SigningCrashes',
      meaning: `the sign function runs out of time, crashes or does not start; ${RUNBOOKS}/signing-fails.md`,
      metric: crashMetric(issuer, minutes),
      threshold: 1,
    },
    {
      id: 'Throttled',
      meaning: `KMS turns callers away; ${RUNBOOKS}/kms-throttled.md`,
      metric: sum('Throttled'),
      // Callers repeat what was throttled: a few are a quota at work.
      threshold: 10,
    },
    {
      id: 'TurnedAway',
      meaning: `Lambda turns callers away: no concurrency is left for the sign function; ${RUNBOOKS}/kms-throttled.md`,
      metric: issuer.metricSignThrottles({ period: minutes }),
      threshold: 10,
    },
  ];
}

function watchRules(issuer: TokenIssuer): AlarmRule[] {
  const { trailWatch } = issuer;
  if (!trailWatch) return [];
  return [
    {
      id: 'TouchedByOthers',
      meaning: `somebody else has touched a key, the table or the bucket, as the trail has it; ${RUNBOOKS}/touched.md`,
      metric: ownMetric(issuer, 'Touched', 'Sum', minutes),
      threshold: 1,
    },
    {
      id: 'WatchFailed',
      meaning: `somebody has touched something, and the watch function could not say whose it was; ${RUNBOOKS}/touched.md`,
      metric: trailWatch.function.metricErrors({ period: minutes }),
      threshold: 1,
    },
  ];
}
