/**
 * How much work many keys are, in looks at a key and not in time: what is rendered, and each decision, looks at each key so and
 * so often, however many there are. An issuer has at most ten; a thousand would have to do as well.
 */
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../lib/core/config.ts';
import { renderDocuments } from '../../lib/core/discovery.ts';
import type { PublicJwk } from '../../lib/core/jwk.ts';
import type { Key, Keyring } from '../../lib/core/keyring.ts';
import { nextStep } from '../../lib/core/lifecycle.ts';
import { foresee, seenOf } from '../../lib/core/outlook.ts';
import { renderTimeline } from '../../lib/core/timeline.ts';

const NOW = 1_800_000_000;
const DAY = 86_400;
const FEW = 40;
const MANY = 5 * FEW;
const policy = parsePolicy({ issuer: 'https://auth.example.com' });

/** @param endsApart seconds from the end of one key to that of the next one */
function withGraceKeys(count: number, { endsApart = 0, retained = false } = {}): Keyring {
  const key = (sinceVersion: number) => {
    const kid = `k${sinceVersion}`;
    const jwk = { kty: 'RSA', kid, use: 'sig', alg: 'RS256', n: 'n', e: 'AQAB' } as unknown as PublicJwk;
    return { kid, keyArn: `arn:${kid}`, algorithm: 'RS256', jwk, createdAt: NOW - 90 * DAY, sinceVersion } as const;
  };
  const signed = { activatedAt: NOW - DAY, maxTokenLifetime: policy.maxTokenLifetime };
  const old = Array.from({ length: count }, (_, index): Key => {
    const ended = { ...key(index + 1), ...signed, endedAt: NOW + index * endsApart };
    return { ...ended, state: 'grace', ...(retained && { retained }) };
  });
  const active: Key = { ...key(count + 1), ...signed, state: 'active', observedAt: NOW - 80 * DAY };
  const standby: Key = { ...key(count + 2), state: 'pending', observedAt: NOW - DAY };
  const documentVersion = count + 2;
  const keys = [...old, active, standby];
  return { schema: 1, id: 'k1', issuer: policy.issuer, home: 'bucket', documentVersion, history: [], keys };
}

/** How often `work` reads a member of one of the keys. */
function looks(keyring: Keyring, work: (keyring: Keyring) => unknown): number {
  let count = 0;
  const get = (key: Key, name: keyof Key) => {
    count += 1;
    return key[name];
  };
  work({ ...keyring, keys: keyring.keys.map((key) => new Proxy(key, { get } as ProxyHandler<Key>)) });
  return count;
}

/** Of one key among many, for one among few. */
function growth(make: (count: number) => Keyring, work: (keyring: Keyring) => unknown, steps = (_: Keyring) => 1) {
  const each = (keyring: Keyring) => looks(keyring, work) / keyring.keys.length / steps(keyring);
  return each(make(MANY)) / each(make(FEW));
}

const aYear = (keyring: Keyring) => foresee(keyring, policy, NOW, NOW + 365 * DAY);

describe('five times as many keys are looked at five times as often', () => {
  const staying = (count: number) => withGraceKeys(count, { retained: true });
  test.each<[string, (keyring: Keyring) => unknown]>([
    ['to render the documents', (keyring) => renderDocuments(keyring, policy)],
    ['to render the timeline', (keyring) => renderTimeline(keyring, 1, policy)],
    ['to decide what is due', (keyring) => nextStep(keyring, seenOf(keyring, policy), policy, NOW)],
    ['to foresee a year in which they stay', aYear],
  ])('%s', (_, work) => {
    expect(growth(staying, work)).toBeCloseTo(1, 1);
  });
});

describe('a year in which they leave takes as many looks at all keys as there are steps', () => {
  test.each([
    ['in one tick', 0],
    ['each in a tick of its own', policy.tick],
  ])('%s', (_, endsApart) => {
    const leaving = (count: number) => withGraceKeys(count, { endsApart });
    expect(aYear(leaving(MANY)).filter(({ step }) => step === 'forget').length).toBeGreaterThanOrEqual(MANY);
    expect(growth(leaving, aYear, (keyring) => aYear(keyring).length)).toBeLessThan(1.1);
  });
});
