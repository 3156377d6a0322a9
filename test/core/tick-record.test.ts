import { expect, test } from 'vitest';
import { parsePolicy } from '../../lib/core/config.ts';
import { KeyturnError } from '../../lib/core/errors.ts';
import { recorded, type TickRecord } from '../../lib/core/tick-record.ts';
import { World } from '../../lib/simulator/world.ts';

function setUp(write: (record: TickRecord) => Promise<void> = async () => undefined) {
  const written: TickRecord[] = [];
  const noticed: TickRecord[] = [];
  const lines: object[] = [];
  const world = new World();
  const ports = {
    records: {
      write: async (record: TickRecord) => {
        await write(record);
        written.push(record);
      },
      read: async () => written.at(-1),
    },
    clock: () => world.now,
    log: (line: object) => lines.push(line),
    notice: (record: TickRecord) => noticed.push(record),
  };
  return { world, ports, written, noticed, lines };
}

test('a tick leaves its report, and the policy that it decided by', async () => {
  const { world, ports, written, noticed } = setUp();
  const report = await recorded(ports, world.policy, async () => {
    const report = await world.tick();
    world.now += 3;
    return report;
  });
  expect(written).toEqual([{ at: world.now - 3, seconds: 3, report, policy: expect.anything() }]);
  expect(noticed).toEqual(written);
  expect(parsePolicy(JSON.parse(JSON.stringify(written[0]?.policy)))).toEqual(world.policy);
  expect(report.keys.map(({ state }) => state)).toEqual(['active', 'pending']);
});

test('a tick that fails leaves why, and fails all the same', async () => {
  const { world, ports, written } = setUp();
  for (const error of [new KeyturnError('clock_skewed', 'off by 7 s'), new TypeError('x')]) {
    await expect(recorded(ports, world.policy, () => Promise.reject(error))).rejects.toBe(error);
  }
  expect(written.map(({ error }) => error)).toEqual([
    { code: 'clock_skewed', message: 'off by 7 s' },
    { code: 'TypeError', message: 'x' },
  ]);
  expect(written[0]).not.toHaveProperty('report');
});

test('a record that cannot be written fails nothing', async () => {
  const { world, ports, noticed, lines } = setUp(() => Promise.reject(new Error('throttled')));
  await recorded(ports, world.policy, () => world.tick());
  expect(lines).toEqual([{ event: 'record-failed', issuer: world.policy.issuer, why: 'throttled' }]);
  expect(noticed).toHaveLength(1);
});

test('the ages of the keys are those that the tick leaves', async () => {
  const world = new World();
  await world.tick();
  world.now += 1000;
  const { keys } = await world.tick();
  expect(keys.map(({ state, seconds }) => [state, seconds])).toEqual([
    ['active', 1000],
    ['pending', 1000],
  ]);
});
