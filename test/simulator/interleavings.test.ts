/**
 * Two ticks, two signers and a burn at the same time, in every order that matters. SCHEDULES=all runs every schedule with
 * two preemptions and 10,000 at random (`npm run test:schedules`); without it a sample.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activeKey } from '../../lib/core/keyring.ts';
import { World } from '../../lib/simulator/world.ts';
import { type Choose, conduct } from './conductor.ts';
import { MINUTE, settles, WINDOWS } from './settling.ts';

const ALL = process.env.SCHEDULES === 'all';
const TASKS = 5;

/** At the moment at which most is due: a rotation, a retirement, and somebody burns the key that signs. */
async function meeting(choose: Choose): Promise<number> {
  const world = new World(WINDOWS, 'interleavings');
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

interface Preemption {
  readonly at: number;
  readonly to: number;
}

/** Each task runs until it is done, except where the schedule says otherwise: at turn `at`, to the task `to`. */
const withPreemptions = (...preemptions: readonly Preemption[]): Choose => {
  let turn = -1;
  return (runnable, last) => {
    turn++;
    const preemption = preemptions.find(({ at }) => at === turn);
    const next = preemption && runnable[preemption.to % runnable.length];
    return next ?? (last !== undefined && runnable.includes(last) ? last : (runnable[0] ?? 0));
  };
};

async function everyPreemption(): Promise<Preemption[]> {
  const turns = await meeting(withPreemptions());
  expect(turns).toBeGreaterThan(30);
  return Array.from({ length: turns * TASKS }, (_, index) => ({ at: Math.floor(index / TASKS), to: index % TASKS }));
}

/** A long run says how far it is. */
function progress(what: string, total: number): () => void {
  let done = 0;
  return () => {
    done++;
    if (ALL && done % 1000 === 0) process.stderr.write(`${what}: ${done} of ${total}\n`);
  };
}

test('every schedule with one preemption', async () => {
  for (const preemption of await everyPreemption()) await meeting(withPreemptions(preemption));
});

test('schedules with two preemptions', { timeout: 3_600_000 }, async () => {
  const single = await everyPreemption();
  const pairs = single.flatMap((first) => single.filter(({ at }) => at > first.at).map((second) => [first, second]));
  // A sample that is spread evenly over all pairs, and starts elsewhere in every run.
  const step = ALL ? 1 : Math.floor(pairs.length / 150);
  const count = Math.ceil(pairs.length / step);
  const tell = progress('two preemptions', count);
  for (let index = ALL ? 0 : Math.floor(Math.random() * step); index < pairs.length; index += step) {
    const pair = pairs[index] ?? [];
    await meeting(withPreemptions(...pair)).catch((cause: unknown) => {
      throw new Error(`preempted at ${JSON.stringify(pair)}`, { cause });
    });
    tell();
  }
});

test('schedules at random', { timeout: 3_600_000 }, async () => {
  const numRuns = ALL ? 10_000 : 150;
  const tell = progress('at random', numRuns);
  const property = fc.asyncProperty(fc.infiniteStream(fc.nat(TASKS - 1)), async (choices) => {
    await meeting((runnable) => runnable[choices.next().value % runnable.length] ?? 0);
    tell();
  });
  await fc.assert(property, { numRuns });
});
