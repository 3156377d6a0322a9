/** Unsafe windows fail at synth, in the words of run time. */
import { Duration, Lazy } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { policyFromProps, propsFromConfig } from '../../lib/cdk/policy.ts';
import type { PolicyProps } from '../../lib/cdk/policy-props.ts';
import { parsePolicy, policyToJson } from '../../lib/core/config.ts';
import { requireSafe } from '../../lib/core/policy.ts';
import { ISSUER, issuerIn } from './synth.ts';

const atRunTime = (config: Record<string, unknown>): string => {
  try {
    requireSafe(parsePolicy({ issuer: ISSUER, ...config }));
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the windows are safe');
};

describe('the sentence at synth is that of run time', () => {
  test.for<[Partial<PolicyProps>, Record<string, unknown>]>([
    [{ grace: Duration.minutes(10) }, { grace: '10m' }],
    [
      { publicationLead: Duration.minutes(1), verifiers: ['alb', 'jose'] },
      { publicationLead: '1m', verifiers: ['alb', 'jose'] },
    ],
    [{ verifiers: ['fetch-once'] }, { verifiers: ['fetch-once'] }],
    [
      { algorithm: 'ES256', verifiers: ['http-api'] },
      { algorithm: 'ES256', verifiers: ['http-api'] },
    ],
    [{ deletionWindow: Duration.days(3) }, { deletionWindow: '3d' }],
    [{ issuer: 'https://auth.example.com/' }, { issuer: 'https://auth.example.com/' }],
    [{ activationWindow: 'soon' }, { activationWindow: 'soon' }],
  ])('%j', ([props, config]) => {
    expect(() => issuerIn(props)).toThrow(atRunTime(config));
  });

  test('one of them in full', () => {
    expect(() => issuerIn({ deletionWindow: Duration.days(3) })).toThrow(
      'deletionWindow must be 7d to 30d in whole days, got 3d',
    );
  });
});

test('a tick that EventBridge Scheduler cannot keep is refused', () => {
  expect(() => issuerIn({ tick: Duration.seconds(90) })).toThrow(
    'tick must be whole minutes, as EventBridge Scheduler counts, got 1m30s',
  );
});

test('an own verifier is written in Durations', () => {
  const own = { name: 'billing', keyCache: Duration.minutes(10), refetch: Duration.seconds(30), maxKeys: 5 };
  expect(policyFromProps({ issuer: ISSUER, verifiers: [own, 'jose'] }).verifiers).toMatchObject([
    { name: 'billing', keyCache: 600, refetch: 30, maxKeys: 5 },
    { name: 'jose' },
  ]);
});

describe('keyturn.config.json', () => {
  test('says what the props say', () => {
    const config = {
      issuer: ISSUER,
      algorithm: 'PS256',
      rotationPeriod: '30d',
      publicationLead: '2d',
      cryptoperiod: '40d',
      verifiers: ['jose', { name: 'own', keyCache: 'forever', refetch: '1m' }, { name: 'other', keyCache: '1h' }],
      activationWindow: 'Tue-Thu 09:00-15:00 Europe/Zurich',
      secretClaims: ['tenant'],
    };
    expect(policyToJson(policyFromProps(propsFromConfig(config)))).toEqual(policyToJson(parsePolicy(config)));
  });

  test('leaves defaults to the construct', () => {
    expect(policyToJson(policyFromProps(propsFromConfig({ issuer: ISSUER })))).toEqual(
      policyToJson(parsePolicy({ issuer: ISSUER })),
    );
  });

  test('is refused where it is wrong', () => {
    expect(() => propsFromConfig({ issuer: ISSUER, gracePeriod: '1d' })).toThrow(/^gracePeriod is not a setting/);
  });

  test('cannot waive the check for a deployment', () => {
    const props = propsFromConfig({ issuer: ISSUER, deletionWindow: '3d', unsafeWindows: true });
    expect(() => issuerIn(props)).toThrow('deletionWindow must be 7d to 30d');
  });
});

test('a duration that is known only at deployment is refused by its name', () => {
  const unknown = Duration.seconds(Lazy.number({ produce: () => 60 }));
  expect(() => issuerIn({ tick: unknown })).toThrow('tick must be literal, got a CDK token');
  const verifiers = [{ name: 'x', keyCache: unknown }];
  expect(() => issuerIn({ verifiers })).toThrow('verifiers.keyCache must be literal, got a CDK token');
});
