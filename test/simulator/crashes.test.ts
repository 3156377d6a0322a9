/**
 * A fault at every call that a key's whole life and a burn make: before its effect and after it, once and for good, with
 * a throttle, a conflict, a lost race or a second tick in its place. Six clean ticks later everything is as it should be.
 */
import { describe, expect, test } from 'vitest';
import { KeyturnError } from '../../lib/core/errors.ts';
import { activeKey, renderedKeys } from '../../lib/core/keyring.ts';
import type { Call } from '../../lib/simulator/call.ts';
import { World } from '../../lib/simulator/world.ts';
import { MINUTE, settles, WINDOWS } from './settling.ts';

type Act = (world: World) => Promise<unknown>;
const tick: Act = (world) => world.tick();
const later =
  (minutes: number, act: Act): Act =>
  (world) => {
    world.now += minutes * MINUTE;
    return act(world);
  };

/** First deployment, a rotation, retirement, and a second rotation by hand. */
const LIFE: readonly Act[] = [
  tick,
  later(15, tick),
  later(23, tick),
  later(13, tick),
  later(15, (world) => world.rotateNow()),
];
/** Whoever burns a key and gets no answer, or is told that it was not saved, burns it again. */
const insist = async (burn: () => Promise<unknown>, world: World): Promise<void> => {
  await burn().catch(async () => {
    world.intercept = undefined;
    await burn();
  });
};
const burnActive: Act = (world) => {
  const kid = activeKey(world.keyring)?.kid;
  return kid ? insist(() => world.burn({ kids: [kid] }), world) : world.tick();
};
const burnAll: Act = (world) => insist(() => world.burn(), world);
/** The same, with a burn in the middle, and everything burned at the end. */
const BURN: readonly Act[] = [tick, later(23, burnActive), later(15, tick), later(15, tick), later(30, burnAll)];

/** Runs the acts, with tokens in between, and answers with the calls that they made. */
async function play(world: World, acts: readonly Act[], fault?: (call: Call, index: number) => void | Promise<void>) {
  const calls: Call[] = [];
  const signers = ['a', 'b'].map((name) => [name, world.signer()] as const);
  const sign = async () => {
    const { intercept } = world;
    world.intercept = undefined;
    for (const [name, signer] of signers) await world.sign(signer, name, { expiresIn: 600 }).catch(() => undefined);
    world.intercept = intercept;
  };
  for (const act of acts) {
    world.intercept = (call) => {
      calls.push(call);
      return fault?.(call, calls.length - 1);
    };
    await act(world).catch(() => undefined);
    world.intercept = undefined;
    await sign();
    world.now += 29;
    await sign();
  }
  return calls;
}

const FAULTS: Record<string, (at: number, world: World) => (call: Call, index: number) => void | Promise<void>> = {
  'one call fails': (at) => (_, index) => {
    if (index === at) throw new Error('told to');
  },
  // Nothing of the run comes after it: every other call of this act fails too.
  'the process dies': (at, world) => {
    let dead: number | undefined;
    return (_, index) => {
      if (index === at) dead = world.now;
      if (dead === world.now) throw new Error('the process is dead');
    };
  },
  'KMS throttles': (at) => (call, index) => {
    if (index === at && call.phase === 'before') throw new KeyturnError('throttled', 'told to');
  },
  'the bucket conflicts': (at) => (call, index) => {
    if (index === at && call.name === 'publisher.write') throw new KeyturnError('document_conflict', 'told to');
  },
  'a second tick starts there': (at, world) => async (_, index) => {
    if (index !== at) return;
    const { intercept } = world;
    world.intercept = undefined;
    await world.tick().catch(() => undefined);
    world.intercept = intercept;
  },
  'a burn starts there': (at, world) => async (_, index) => {
    if (index !== at) return;
    const { intercept } = world;
    world.intercept = undefined;
    const kid = world.keyrings.item ? renderedKeys(world.keyring)[0]?.kid : undefined;
    if (kid) await world.burn({ kids: [kid] }).catch(() => undefined);
    world.intercept = intercept;
  },
};

/** SCHEDULES=all tries every call, `npm test` every ninth, and every third where only a few make sense. */
const stride = (name: string) => (process.env.SCHEDULES === 'all' ? 1 : name in ONLY_AT ? 3 : 9);

/** Where a fault makes sense; elsewhere it would be another run without one. */
const ONLY_AT: Record<string, (call: Call) => boolean> = {
  'KMS throttles': ({ name, phase }) => phase === 'before' && /^(keys|signer)\./.test(name),
  'the bucket conflicts': ({ name }) => name === 'publisher.write',
};

describe.each([
  ['a whole life', LIFE],
  ['a burn', BURN],
])('%s', (_, acts) => {
  test('without a fault', async () => {
    const world = new World(WINDOWS, 'crashes');
    await play(world, acts);
    await settles(world);
    // Otherwise the tokens would prove nothing.
    expect(world.trace.filter(({ kind }) => kind === 'token').length).toBeGreaterThan(10);
    expect(new Set(world.keyring.keys.map(({ state }) => state)).size).toBeGreaterThan(2);
  });

  test.each(Object.keys(FAULTS))('%s, at one call after the other', async (name) => {
    const calls = await play(new World(WINDOWS, 'crashes'), acts);
    expect(calls.length).toBeGreaterThan(150);
    const applies = ONLY_AT[name] ?? (() => true);
    const points = calls.flatMap((each, index) => (applies(each) ? [index] : []));
    for (const at of points.filter((_, index) => index % stride(name) === 0)) {
      const world = new World(WINDOWS, 'crashes');
      let call: Call | undefined;
      const fault = FAULTS[name]?.(at, world);
      await play(world, acts, (each, index) => {
        if (index === at) call = each;
        return fault?.(each, index);
      });
      await settles(world).catch((error: unknown) => {
        throw new Error(`${name} ${call?.phase} ${call?.name} (call ${at})`, { cause: error });
      });
    }
  });
});
