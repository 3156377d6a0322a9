import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../lib/core/config.ts';
import type { Key } from '../../lib/core/keyring.ts';
import { foresee } from '../../lib/core/outlook.ts';
import { foundKeyring } from '../../lib/core/transitions.ts';
import { World } from '../../lib/simulator/world.ts';

const DAY = 86_400;
const policy = parsePolicy({ issuer: 'https://auth.example.com' });
const lines = (events: ReturnType<typeof foresee>, from: number) =>
  events.map(({ at, step, kid }) => `${((at - from) / DAY).toFixed(2)} ${step} ${kid ?? ''}`.trim());

test('of nothing: the first key at once, a rotation each period, the former key out after its grace', () => {
  const from = 1_800_000_000;
  const events = foresee(foundKeyring(policy.issuer, 'id', 'home'), policy, from, from + 200 * DAY);
  expect(lines(events, from)).toEqual([
    '0.00 create new key 1',
    '0.00 activate new key 1',
    '0.00 create new key 2',
    '90.00 activate new key 2',
    '90.00 create new key 3',
    '100.00 retire new key 1',
    '130.02 forget new key 1',
    '180.00 activate new key 3',
    '180.00 create new key 4',
    '190.00 retire new key 2',
  ]);
  expect(events[3]?.why).toMatch(/^active key new key 1 has signed for 90d; standby new key 2 was first seen at /);
});

describe('is what happens', () => {
  test.each([
    ['by the defaults', {}],
    ['with short windows', { rotationPeriod: '3d', grace: '2d', publicationLead: '24h' }],
    ['in an activation window', { rotationPeriod: '10d', activationWindow: 'Tue-Thu 09:00-15:00 Europe/Zurich' }],
    ['with a cryptoperiod', { rotationPeriod: '10d', cryptoperiod: '12d' }],
  ])('%s', async (_, settings) => {
    const world = new World(settings);
    await world.tick();
    const from = world.now + world.policy.tick;
    const until = from + 45 * DAY;
    const kinds = ['activate', 'retire', 'create', 'forget'];
    const predicted = foresee(world.keyring, world.policy, from, until).filter(({ step }) => kinds.includes(step));
    const happened: { at: number; step: string }[] = [];
    for (world.now = from; world.now <= until; world.now += world.policy.tick) {
      const { steps } = await world.tick();
      for (const { step } of steps) if (kinds.includes(step)) happened.push({ at: world.now, step });
    }
    const slack = (settings as { activationWindow?: string }).activationWindow ? 3600 : 2 * world.policy.tick;
    expect(predicted.map(({ step }) => step)).toEqual(happened.map(({ step }) => step));
    for (const [index, { at }] of predicted.entries()) {
      expect(Math.abs(at - (happened[index]?.at ?? 0)), `${index}`).toBeLessThanOrEqual(slack);
    }
  });
});

test('more than one tick has steps for goes on in the next one, as it does', async () => {
  const world = new World();
  await world.tick();
  const [active] = world.keyring.keys;
  if (active?.state !== 'active') throw new Error('no key signs');
  const { observedAt: _, leadWaived: __, ...signed } = active;
  const old = Array.from({ length: 30 }, async (_, index): Promise<Key> => {
    const intent = { id: `${world.keyring.id}.old-${index}`, algorithm: active.algorithm, openedAt: world.now };
    const keyArn = await world.kms.create(intent);
    const jwk = await world.kms.publicKey({ keyArn, algorithm: active.algorithm });
    return { ...signed, kid: jwk.kid, keyArn, jwk, state: 'grace', endedAt: world.now };
  });
  const { keyring, revision } = await world.keyrings.load();
  if (!keyring) throw new Error('no keyring');
  await world.keyrings.save({ ...keyring, keys: [...keyring.keys, ...(await Promise.all(old))] }, revision);
  await world.tick();
  const from = world.now + world.policy.grace;
  const until = from + 10 * world.policy.tick;
  const predicted = foresee(world.keyring, world.policy, from, until);
  const happened: number[] = [];
  for (world.now = from; world.now <= until; world.now += world.policy.tick) {
    const { steps } = await world.tick();
    happened.push(...steps.filter(({ step }) => step === 'retire').map(() => world.now));
  }
  expect(happened).toHaveLength(30);
  expect(predicted.filter(({ step }) => step === 'retire').map(({ at }) => at)).toEqual(happened);
});

test('a year is told in no time', () => {
  const from = 1_800_000_000;
  const started = process.cpuUsage();
  foresee(foundKeyring(policy.issuer, 'id', 'home'), { ...policy, rotationPeriod: 2 * DAY }, from, from + 365 * DAY);
  // Of CPU: what else the machine does is not its.
  expect(process.cpuUsage(started).user / 1000).toBeLessThan(2000);
});
