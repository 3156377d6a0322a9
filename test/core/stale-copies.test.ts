import { describe, expect, test } from 'vitest';
import { KeyturnError } from '../../lib/core/errors.ts';
import { documentPaths } from '../../lib/core/issuer.ts';
import { activeKey, type ObservedKey, pendingKeys } from '../../lib/core/keyring.ts';
import { orphanAge } from '../../lib/core/policy.ts';
import { copyAge, leadEnd, promisedAge } from '../../lib/core/stale-copies.ts';
import { World } from '../../lib/simulator/world.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const JWKS = documentPaths('https://auth.example.com').jwks;

test.each([
  ['public, max-age=300, stale-while-revalidate=60, stale-if-error=3600', 3960],
  ['max-age=5', 5],
  ['max-age=86400,stale-if-error=60', 86_460],
  ['no-store', undefined],
  ['s-maxage=5', undefined],
  [undefined, undefined],
])('%s may be kept for %s s', (header, age) => {
  expect(promisedAge(header)).toBe(age);
});

/** Documents that live for a day, and a lead that waits for them; then both as they are by default, but for a short lead. */
const LONG = { verifiers: ['envoy'], edgeMaxAge: '1d', publicationLead: '2d' };
const SHORT = { verifiers: ['envoy'], publicationLead: '90m' };

async function shortened(): Promise<{ world: World; at: number }> {
  const world = new World(LONG);
  await world.tick();
  world.now += 10 * DAY;
  await world.tick();
  world.policy = new World(SHORT).policy;
  const at = world.now;
  return { world, at };
}

describe('windows that become shorter', () => {
  test('what was promised is on record before the document is replaced, and is not forgotten by a crash between', async () => {
    const { world, at } = await shortened();
    world.intercept = ({ name, phase }) => {
      if (name === 'publisher.write' && phase === 'before') throw new Error('the process dies');
    };
    await world.tick();
    const promise = { age: DAY + 60 + HOUR, until: at + DAY + 60 + HOUR + orphanAge(world.policy) };
    expect(world.keyring.longPromise).toEqual(promise);
    world.intercept = undefined;
    // Copies of it are made for as long as it is there.
    world.now += HOUR;
    await world.tick();
    expect(world.keyring.longPromise).toEqual({ ...promise, until: promise.until + HOUR });
    expect(promisedAge(world.bucket.objects.get(JWKS)?.cacheControl)).toBe(300 + 60 + HOUR);
    expect((await world.tick()).steps).toEqual([]);
  });

  test('what could not be put on record keeps its document, until it can', async () => {
    const { world, at } = await shortened();
    const stored = world.bucket.objects.get(JWKS);
    let isFirst = true;
    world.intercept = ({ name, phase }) => {
      if (name !== 'store.save' || phase !== 'before' || !isFirst) return;
      isFirst = false;
      throw new KeyturnError('throttled', 'told to');
    };
    expect((await world.tick()).holds).toMatchObject([{ kind: 'step', step: 'outlast' }]);
    expect(world.bucket.objects.get(JWKS)).toEqual(stored);
    await world.tick();
    expect(world.keyring.longPromise).toMatchObject({ until: at + DAY + 60 + HOUR + orphanAge(world.policy) });
    expect(world.bucket.objects.get(JWKS)?.cacheControl).not.toBe(stored?.cacheControl);
  });

  test('a key that copies from before do not hold waits until the last of them is gone', async () => {
    const { world, at } = await shortened();
    await world.tick();
    await world.rotateNow();
    const fresh = pendingKeys(world.keyring).at(-1) as ObservedKey;
    const { until = 0 } = world.keyring.longPromise ?? {};
    expect(until).toBeGreaterThan(at + DAY);
    const due = leadEnd(world.keyring, world.policy, fresh.observedAt);
    expect(due).toBe(fresh.observedAt + DAY + 60 + HOUR + 90 * 60 - (300 + 60 + HOUR));
    await world.rotateNow();
    for (const [instant, kid] of [
      [due - 1, activeKey(world.keyring)?.kid],
      [due, fresh.kid],
    ] as const) {
      world.now = instant;
      await world.tick();
      expect(activeKey(world.keyring)?.kid).toBe(kid);
    }
  });

  test('a key that they hold does not wait', async () => {
    const { world } = await shortened();
    const known = pendingKeys(world.keyring)[0]?.kid;
    await world.tick();
    await world.rotateNow();
    expect(activeKey(world.keyring)?.kid).toBe(known);
  });

  test('a burn, also one that replaces such a document itself, states the bound that they allow', async () => {
    for (const ticked of [true, false]) {
      const { world } = await shortened();
      if (ticked) await world.tick();
      const { exposure, removedAt = 0 } = await world.burn({ kids: [activeKey(world.keyring)?.kid ?? ''] });
      const { acceptsBurnedUntil } = exposure.find(({ verifier }) => verifier === 'envoy') ?? {};
      expect(acceptsBurnedUntil).toBeGreaterThanOrEqual(removedAt + DAY + 60 + HOUR + 600);
      expect(acceptsBurnedUntil).toBeLessThanOrEqual(removedAt + DAY + 60 + HOUR + 600 + 2 * world.policy.clockSkew);
    }
  });

  test('once they are gone the policy alone decides', async () => {
    const { world } = await shortened();
    await world.tick();
    const { until = 0 } = world.keyring.longPromise ?? {};
    expect(copyAge(world.keyring, world.policy, until)).toBe(300 + 60 + HOUR);
    expect(leadEnd(world.keyring, world.policy, until)).toBe(until + 90 * 60);
  });
});
