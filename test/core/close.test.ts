import { expect, test } from 'vitest';
import { close } from '../../lib/core/close.ts';
import { KeyturnError } from '../../lib/core/errors.ts';
import { operate } from '../../lib/core/operate.ts';
import type { KeyManager } from '../../lib/core/ports.ts';
import { World } from '../../lib/simulator/world.ts';
import { WINDOWS } from '../simulator/settling.ts';

async function running(): Promise<World> {
  const world = new World(WINDOWS);
  for (let tick = 0; tick < 4; tick++) {
    await world.tick();
    world.now += 15 * 60;
  }
  return world;
}
const left = (world: World) =>
  [...world.kms.stored.values()].filter((key) => key.enabled || key.deletionAt === undefined);
const closing = (world: World) => close(world.rotatorPorts, world.policy, 'the stack was deleted');

test('every key is on its way to deletion, and nothing signs or ticks any more', async () => {
  const world = await running();
  const signer = world.signer();
  await world.sign(signer, 'warm');
  const report = await closing(world);
  expect(left(world)).toEqual([]);
  expect([...report.keyArns].sort()).toEqual([...world.kms.stored.keys()].sort());
  for (const { deletionAt = 0 } of world.kms.stored.values())
    expect(deletionAt - report.closedAt).toBeLessThan(7 * 86_400 + 60);
  await expect(world.tick()).rejects.toMatchObject({
    code: 'issuer_closed',
    message: expect.stringMatching(/^the issuer was closed at 2027-.*Z: the stack was deleted$/),
  });
  await expect(world.signer().sign(world.request({}))).rejects.toMatchObject({ code: 'no_active_key' });
  await expect(signer.sign(world.request({}))).rejects.toMatchObject({
    code: expect.stringMatching(/no_active_key|key_unusable/),
  });
});

test('a tick that had saved its intent leaves no key behind', async () => {
  const world = await running();
  world.now += 3600;
  let held: (() => void) | undefined;
  // The tick hangs between its intent and its key.
  world.intercept = async (call) => {
    if (call.name !== 'keys.create' || call.phase !== 'before' || held) return;
    await new Promise<void>((resolve) => {
      held = resolve;
    });
  };
  const tick = world.rotateNow().catch((error: Error) => error);
  await expect.poll(() => held).toBeDefined();
  const ports = {
    ...world.rotatorPorts,
    sleep: async () => {
      held?.();
      await tick;
    },
  };
  await close(ports, world.policy, 'the stack was deleted');
  expect(left(world)).toEqual([]);
});

test('a key that resists keeps nobody else, and the next try finishes', async () => {
  const world = await running();
  let isBroken = true;
  const [first] = [...world.kms.stored.keys()];
  const { keys } = world.rotatorPorts;
  const ports = {
    ...world.rotatorPorts,
    keys: {
      tagged: () => keys.tagged(),
      destroy: async (keyArn: string, days: number) => {
        if (isBroken && keyArn === first) throw new Error('AccessDenied');
        return keys.destroy(keyArn, days);
      },
    } as KeyManager,
  };
  await expect(close(ports, world.policy, 'gone')).rejects.toMatchObject({
    code: 'deployment_failed',
    message: `these KMS keys could not be scheduled: ${first}`,
  });
  expect(left(world).map(({ keyArn }) => keyArn)).toEqual([first]);
  isBroken = false;
  const { closed } = world.keyring;
  await close(ports, world.policy, 'again');
  expect(left(world)).toEqual([]);
  expect(world.keyring.closed).toEqual(closed);
});

test('keys of another keyring stay', async () => {
  const world = await running();
  await world.kms.create({ id: 'another.intent', algorithm: 'ES256', openedAt: world.now });
  await closing(world);
  expect(left(world).map(({ intentId }) => intentId)).toEqual(['another.intent']);
});

test('a race with a tick is run again', async () => {
  const world = await running();
  let races = 0;
  world.intercept = ({ name, phase }) => {
    if (name !== 'store.save' || phase !== 'before' || races > 0) return;
    races += 1;
    throw new KeyturnError('keyring_conflict', 'another writer was first');
  };
  await closing(world);
  expect(races).toBe(1);
  expect(left(world)).toEqual([]);
});

test('it is refused where the stack keeps its state, and there is nothing to close before the first tick', async () => {
  const world = await running();
  const event = { operation: 'close', reason: 'oops' };
  await expect(operate(world.rotatorPorts, world.policy, event)).rejects.toMatchObject({ code: 'transition_refused' });
  expect(world.keyring.closed).toBeUndefined();
  await expect(closing(new World())).rejects.toMatchObject({ code: 'keyring_missing' });
});
