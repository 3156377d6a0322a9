/** Two ticks, two signers and a burn at the same time, in every order that matters. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activeKey } from '../../lib/core/keyring.ts';
import { World } from '../../lib/simulator/world.ts';
import { type Choose, conduct } from './conductor.ts';
import { MINUTE, settles, WINDOWS } from './settling.ts';

/** At the moment at which most is due: a rotation, a retirement, and somebody burns the key that signs. */
async function meeting(choose: Choose): Promise<number> {
  const world = new World(WINDOWS);
  await world.tick();
  world.now += 37 * MINUTE;
  await world.tick();
  const signers = ['a', 'b'].map((name) => [name, world.signer()] as const);
  for (const [name, signer] of signers) await world.sign(signer, name);
  world.now += 37 * MINUTE;
  const burned = activeKey(world.keyring)?.kid ?? '';
  const sign = (index: number) => async () => {
    const [name, signer] = signers[index] ?? [];
    if (signer) for (let token = 0; token < 2; token++) await world.sign(signer, name ?? '', { expiresIn: 600 });
  };
  const burn = () => world.burn({ kids: [burned] });
  const turns = await conduct(world, [() => world.tick(), burn, () => world.tick(), sign(0), sign(1)], choose);
  const { state } = world.keyring.keys.find(({ kid }) => kid === burned) ?? {};
  expect(state, 'the burn was saved').toBe('compromised');
  await settles(world);
  return turns;
}

/** Each task runs until it is done, except where the schedule says otherwise: at turn `at`, to the task `to`. */
const withPreemptions = (...preemptions: readonly { at: number; to: number }[]): Choose => {
  let turn = -1;
  return (runnable, last) => {
    turn++;
    const preemption = preemptions.find(({ at }) => at === turn);
    const next = preemption && runnable[preemption.to % runnable.length];
    return next ?? (last !== undefined && runnable.includes(last) ? last : (runnable[0] ?? 0));
  };
};

test('every schedule with at most one preemption, and every pair of preemptions near each other', async () => {
  const turns = await meeting(withPreemptions());
  expect(turns).toBeGreaterThan(50);
  for (let at = 0; at < turns; at++) {
    for (let to = 0; to < 5; to++) {
      await meeting(withPreemptions({ at, to }));
    }
  }
});

test('schedules with two preemptions', async () => {
  const turns = await meeting(withPreemptions());
  const turn = fc.integer({ min: 0, max: turns + 20 });
  const preemption = fc.record({ at: turn, to: fc.integer({ min: 0, max: 4 }) });
  const property = fc.asyncProperty(preemption, preemption, async (first, second) => {
    await meeting(withPreemptions(first, second));
  });
  await fc.assert(property, { numRuns: 500 });
});

test('schedules at random', async () => {
  const property = fc.asyncProperty(fc.infiniteStream(fc.nat(4)), async (choices) => {
    await meeting((runnable) => runnable[choices.next().value % runnable.length] ?? 0);
  });
  await fc.assert(property, { numRuns: Number(process.env.SCHEDULES ?? 500) });
});
