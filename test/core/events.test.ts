/** What is told of a save, off the keyring before and after it; and that whoever saves neither waits for it nor fails by it. */
import { describe, expect, test } from 'vitest';
import { Announcer } from '../../lib/core/announcer.ts';
import { eventsBetween, type LifecycleEvent } from '../../lib/core/events.ts';
import type { Keyring } from '../../lib/core/keyring.ts';
import type { RotatorPorts } from '../../lib/core/rotate.ts';

type Part = Record<string, unknown>;
const keyring = (keys: Part[], imported: Part[] = [], history: unknown[] = []): Keyring =>
  ({ issuer: 'https://auth.example.com', documentVersion: 5, keys, imported, history }) as unknown as Keyring;
const pending = (kid: string, observedAt?: number) => ({ kid, state: 'pending', ...(observedAt && { observedAt }) });
const active = (kid: string) => ({ kid, state: 'active', observedAt: 1 });
const grace = (kid: string) => ({ kid, state: 'grace' });
const guest = (kid: string) => ({ jwk: { kid }, source: 'elsewhere' });
const said = (before: Keyring, after: Keyring) =>
  eventsBetween(before, after).map(({ type, kid, why }) => [type, kid, ...(why === undefined ? [] : [why])].join(' '));

describe('between two keyrings', () => {
  test.each<[string, Keyring, Keyring, string[]]>([
    ['a key is made', keyring([]), keyring([pending('a')]), ['created a']],
    ['it is seen', keyring([pending('a')]), keyring([pending('a', 1)]), ['observed a']],
    ['it was seen before', keyring([pending('a', 1)]), keyring([pending('a', 2)]), []],
    ['it signs', keyring([pending('a', 1), active('b')]), keyring([active('a'), grace('b')]), ['activated a']],
    ['made and signing in one save', keyring([]), keyring([active('a')]), ['created a', 'observed a', 'activated a']],
    [
      'it retires',
      keyring([grace('a')]),
      keyring([{ kid: 'a', state: 'retired', reason: 'its grace is over' }]),
      ['retired a its grace is over'],
    ],
    [
      'it burns',
      keyring([active('a'), pending('b', 1)]),
      keyring([{ kid: 'a', state: 'compromised', reason: 'stolen' }, active('b')]),
      ['burned a stolen', 'activated b'],
    ],
    [
      'a restored record of a dead key is no birth',
      keyring([]),
      keyring([{ kid: 'a', state: 'retired', reason: 'x' }]),
      ['retired a x'],
    ],
    ['nothing', keyring([active('a')]), keyring([active('a')]), []],
    ['a guest comes', keyring([]), keyring([], [guest('g')]), ['imported g from elsewhere']],
    ['a guest stays', keyring([], [guest('g')]), keyring([], [guest('g')]), []],
    [
      'a guest leaves',
      keyring([], [guest('g')]),
      keyring([], [], [['g', 1, 'imported: its time was over']]),
      ['retired g imported: its time was over'],
    ],
    [
      'a guest burns',
      keyring([], [guest('g')]),
      keyring([], [], [['g', 1, 'burned: stolen']]),
      ['burned g burned: stolen'],
    ],
  ])('%s', (_, before, after, expected) => expect(said(before, after)).toEqual(expected));
});

describe('the announcer', () => {
  function listening(publish: (events: readonly LifecycleEvent[]) => Promise<void>) {
    const lines: object[] = [];
    const stored = { keyring: keyring([pending('a')]), revision: 3, serverTime: 0 };
    const store = { load: async () => stored, save: async (_: Keyring, expected: number) => expected + 1 };
    const ports = { store, clock: () => 100, log: () => undefined } as unknown as RotatorPorts;
    const announcer = new Announcer(ports, { publish }, (line) => lines.push(line));
    return { announcer, lines, ports: announcer.ports };
  }
  const collecting = () => {
    const told: LifecycleEvent[] = [];
    return { told, ...listening(async (events) => void told.push(...events)) };
  };

  test('tells of a save where, when and of what', async () => {
    const { told, announcer, ports } = collecting();
    await ports.store.load();
    expect(await ports.store.save(keyring([pending('a', 1)]), 3)).toBe(4);
    await ports.store.save(keyring([active('a')]), 4);
    await announcer.settled();
    const where = { issuer: 'https://auth.example.com', documentVersion: 5, at: 100, kid: 'a' };
    expect(told).toEqual([
      { type: 'observed', revision: 4, ...where },
      { type: 'activated', revision: 5, ...where },
    ]);
  });

  test('tells nothing of a save whose before it has not seen', async () => {
    const { told, announcer, ports } = collecting();
    await ports.store.save(keyring([active('a')]), 9);
    await ports.store.load();
    await ports.store.save(keyring([active('a')]), 9);
    await announcer.settled();
    expect(told).toEqual([]);
  });

  test('tells of holds, and of an edge that differs by another name', async () => {
    const { told, announcer, ports } = collecting();
    const line = { issuer: 'i', revision: 7, documentVersion: 2, kids: [], at: 1, why: 'because' };
    ports.log({ event: 'hold', step: 'edge', ...line });
    ports.log({ event: 'hold', step: 'rotation', ...line });
    ports.log({ event: 'step', step: 'create', ...line });
    await announcer.settled();
    expect(told.map(({ type, why }) => [type, why])).toEqual([
      ['mismatch', 'edge: because'],
      ['held', 'rotation: because'],
    ]);
  });

  test('what cannot be told is a line of log, and fails nothing', async () => {
    const { announcer, lines, ports } = listening(() => Promise.reject(new Error('no bus')));
    await ports.store.load();
    await ports.store.save(keyring([active('a')]), 3);
    await announcer.settled();
    expect(lines).toEqual([{ event: 'event-failed', issuer: 'https://auth.example.com', why: 'no bus' }]);
  });

  test('is settled once all is told, and not before', async () => {
    let tell: (() => void) | undefined;
    const { announcer, ports } = listening(() => new Promise((resolve) => (tell = () => resolve())));
    await ports.store.load();
    await ports.store.save(keyring([active('a')]), 3);
    let isSettled = false;
    const settled = announcer.settled().then(() => {
      isSettled = true;
    });
    await Promise.resolve();
    expect(isSettled).toBe(false);
    tell?.();
    await settled;
  });
});
