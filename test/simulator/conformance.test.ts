import { foundKeyring } from '../../lib/core/transitions.ts';
import type { Interceptor } from '../../lib/simulator/call.ts';
import { World } from '../../lib/simulator/world.ts';
import { canary } from '../conformance/canary.ts';
import { edge } from '../conformance/edge.ts';
import { keyManager } from '../conformance/key-manager.ts';
import { keyringStore } from '../conformance/keyring-store.ts';
import type { KmsUnderTest } from '../conformance/kms.ts';
import { publisher, publishing } from '../conformance/publisher.ts';
import { signer } from '../conformance/signer.ts';

const NAME = 'lib/simulator';

/** Runs once, between the next call of this name and its effect. */
const before =
  (world: World, name: string) =>
  (run: () => Promise<unknown>): void => {
    const interceptor: Interceptor = async (call) => {
      if (call.name !== name || call.phase !== 'before') return;
      world.intercept = undefined;
      await run();
    };
    world.intercept = interceptor;
  };

// A world has one issuer, no wire and nobody who writes past the ports: those handles are left out.

keyringStore(NAME, async () => {
  const world = new World();
  return {
    issuer: world.policy.issuer,
    store: world.keyrings,
    second: world.keyrings,
    now: () => world.now,
    beforeNextSave: before(world, 'store.save'),
  };
});

const kms = async (): Promise<KmsUnderTest> => {
  const world = new World();
  return { keys: world.kms, signer: world.kms, now: () => world.now };
};
keyManager(NAME, kms);
signer(NAME, kms);

const bucket = async () => {
  const world = new World();
  return {
    publisher: world.bucket,
    second: world.bucket,
    remove: async (path: string) => void world.bucket.objects.delete(path),
    beforeNextWrite: before(world, 'publisher.write'),
  };
};
publisher(NAME, bucket);
publishing(NAME, bucket);

edge(NAME, async () => {
  const world = new World();
  return {
    edge: world.bucket,
    publisher: world.bucket,
    pass: (seconds) => {
      world.now += seconds;
    },
  };
});

canary(NAME, {
  ready: async () => {
    const world = new World();
    while (!world.keyring?.keys.some((key) => key.state === 'pending' && key.observedAt !== undefined))
      await world.pass(world.policy.tick);
    return world.rotatorPorts.canary;
  },
  withoutStandby: async () => {
    const world = new World();
    await world.keyrings.save(foundKeyring(world.policy.issuer, 'one', 'bucket'), 0);
    return world.rotatorPorts.canary;
  },
});
