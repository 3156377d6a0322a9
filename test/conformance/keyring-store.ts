/** What every KeyringStore has to do. Run by test/simulator and test/aws, whatever answers at the other end. */
import { describe, expect, test } from 'vitest';
import type { Keyring } from '../../lib/core/keyring.ts';
import type { KeyringStore } from '../../lib/core/ports.ts';
import { foundKeyring } from '../../lib/core/transitions.ts';
import { expectOneWinner, expectRefusal } from './refusal.ts';

/** A fresh issuer's store, and the few handles that the suite needs. Optional: where there is no such notion. */
export interface KeyringStoreUnderTest {
  readonly issuer: string;
  readonly store: KeyringStore;
  /** Another process with the same keyring. */
  readonly second: KeyringStore;
  /** The store's own clock, in seconds since 1970. */
  readonly now: () => number;
  /** Runs between the call of the next save and its effect. */
  readonly beforeNextSave: (run: () => Promise<unknown>) => void;
  /** Another issuer's keyring in the same table. */
  readonly otherIssuer?: KeyringStore;
  /** A connection between the caller and the table, which can break. */
  readonly connection?: {
    /** Makes no attempt but the first. */
    readonly once: KeyringStore;
    /** The next save happens and its answer is lost; or it does not even arrive. */
    readonly break: (when: 'after' | 'before', attempts?: number) => void;
    /** How many attempts to write reached the connection since the issuer was made. */
    readonly attempts: () => number;
  };
  /** Stores what another release, or an accident, may have left there. `undefined` leaves a member out. */
  readonly putRaw?: (item: RawItem) => Promise<void>;
  /** A store whose answers are dated so many seconds later than they are. */
  readonly dated?: (secondsAhead: number) => KeyringStore;
}
export interface RawItem {
  readonly schema?: number | string | undefined;
  readonly revision?: number | undefined;
  readonly keyring?: string | undefined;
}

/** A Date header is cut to the second (RFC 9110 §5.6.7), and two machines may differ a little. */
function expectBetween(before: number, instant: number, after: number): void {
  expect(instant).toBeGreaterThan(before - 2);
  expect(instant).toBeLessThan(after + 1);
}

const keyringOf = (issuer: string, id = 'one'): Keyring => foundKeyring(issuer, id, 'bucket');

/** Members of a later release at every level, and text that an encoding could lose. */
const strange = (issuer: string): Keyring =>
  ({
    ...keyringOf(issuer),
    later: { deep: [{ deeper: [null, 1.5, 'é\u{1F511}\u0000"\\', true] }] },
    documentVersion: 3,
    keys: [
      {
        state: 'pending',
        kid: 'k1',
        keyArn: 'arn:aws:kms:us-east-1:123456789012:key/k1',
        algorithm: 'RS256',
        jwk: { kty: 'RSA', kid: 'k1', use: 'sig', alg: 'RS256', n: 'AQAB', e: 'AQAB', x_later: ['a'] },
        createdAt: 1_800_000_000.123456,
        sinceVersion: 3,
        laterToo: { a: 1 },
      },
      { state: 'suspended', kid: 'k2', reason: 'a state that nobody knows yet' },
    ],
    intent: { id: 'one.i', algorithm: 'ML-DSA-65', openedAt: 1, note: 'n' },
    history: [['k0', 17, 'rotated', 'a fourth column']],
  }) as unknown as Keyring;

export function keyringStore(name: string, create: () => Promise<KeyringStoreUnderTest>): void {
  describe(`${name}: keyring store`, () => {
    test('without a keyring there is none, at revision 0', async () => {
      const { store, now } = await create();
      const before = now();
      const loaded = await store.load();
      expect(loaded).toEqual({ keyring: undefined, revision: 0, serverTime: expect.any(Number) });
      expectBetween(before, loaded.serverTime, now());
    });

    test('each save is the next revision, and what was saved is there for everybody', async () => {
      const { store, second, issuer } = await create();
      const keyring = keyringOf(issuer);
      expect(await store.save(keyring, 0)).toBe(1);
      expect(await second.load()).toMatchObject({ keyring, revision: 1 });
      expect(await second.save({ ...keyring, documentVersion: 0, id: 'two' }, 1)).toBe(2);
      expect(await store.load()).toMatchObject({ keyring: { id: 'two' }, revision: 2 });
      expect(await store.save(keyring, 2)).toBe(3);
    });

    test('what it does not know comes back as it was', async () => {
      const { store, second, issuer } = await create();
      const keyring = strange(issuer);
      await store.save(keyring, 0);
      expect((await second.load()).keyring).toEqual(keyring);
      expect(JSON.stringify((await second.load()).keyring)).toBe(JSON.stringify(keyring));
    });

    test('two who load do not share an object', async () => {
      const { store, issuer } = await create();
      const keyring = strange(issuer);
      await store.save(keyring, 0);
      const loaded = (await store.load()).keyring as unknown as { keys: unknown[]; later: unknown };
      loaded.keys.pop();
      delete loaded.later;
      expect((await store.load()).keyring).toEqual(strange(issuer));
    });

    test('takes a keyring of a thousand rotations', async () => {
      const { store, issuer } = await create();
      const history = Array.from({ length: 1000 }, (_, n) => [`${n}`.padStart(43, 'k'), 1_800_000_000 + n, 'rotated']);
      const keyring = { ...keyringOf(issuer), history } as unknown as Keyring;
      await store.save(keyring, 0);
      expect((await store.load()).keyring).toEqual(keyring);
    });

    test.for([
      ['an earlier revision', 1],
      ['a later revision', 3],
      ['none', 0],
    ] as const)('who expects %s changes nothing', async ([, expected]) => {
      const { store, second, issuer } = await create();
      const keyring = keyringOf(issuer);
      await store.save(keyring, 0);
      await store.save(keyring, 1);
      await expectRefusal(second.save({ ...keyring, id: 'intruder' }, expected), 'keyring_conflict');
      expect(await store.load()).toMatchObject({ keyring, revision: 2 });
    });

    test('who expects a revision where there is none creates none', async () => {
      const { store, issuer } = await create();
      await expectRefusal(store.save(keyringOf(issuer), 1), 'keyring_conflict');
      expect(await store.load()).toMatchObject({ keyring: undefined, revision: 0 });
    });

    test('the same content is not the same save', async () => {
      const { store, second, issuer } = await create();
      const keyring = keyringOf(issuer);
      await second.save(keyring, 0);
      await expectRefusal(store.save(keyring, 0), 'keyring_conflict');
      await second.save(keyring, 1);
      await expectRefusal(store.save(keyring, 1), 'keyring_conflict');
      await expectRefusal(second.save(keyring, 1), 'keyring_conflict');
      expect((await store.load()).revision).toBe(2);
    });

    test.for([0, 1])('a save inside a save of revision %s loses nothing and wins nothing twice', async (revision) => {
      const { store, second, issuer, beforeNextSave } = await create();
      const keyring = keyringOf(issuer);
      if (revision === 1) await store.save(keyring, 0);
      beforeNextSave(() => second.save({ ...keyring, id: 'inner' }, revision));
      await expectRefusal(store.save({ ...keyring, id: 'outer' }, revision), 'keyring_conflict');
      expect(await store.load()).toMatchObject({ keyring: { id: 'inner' }, revision: revision + 1 });
    });

    test.for([0, 1])('of twenty concurrent saves of revision %s one wins', async (revision) => {
      const { store, second, issuer } = await create();
      const keyring = keyringOf(issuer);
      if (revision === 1) await store.save(keyring, 0);
      const saves = Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? store : second).save({ ...keyring, id: `w${n}` }, revision),
      );
      const winner = await expectOneWinner(saves, 'keyring_conflict');
      expect(await store.load()).toMatchObject({ keyring: { id: `w${winner}` }, revision: revision + 1 });
    });

    test('two issuers in one table do not see each other', async ({ skip }) => {
      const { store, issuer, otherIssuer } = await create();
      if (!otherIssuer) return skip('it holds one keyring');
      await store.save(keyringOf(issuer), 0);
      expect(await otherIssuer.load()).toMatchObject({ keyring: undefined, revision: 0 });
      expect(await otherIssuer.save(keyringOf('https://other.example'), 0)).toBe(1);
      expect(await store.load()).toMatchObject({ keyring: { issuer }, revision: 1 });
    });
  });

  describe(`${name}: a save whose answer is lost`, () => {
    const cases = [
      { revision: 0, retries: true },
      { revision: 0, retries: false },
      { revision: 1, retries: true },
      { revision: 1, retries: false },
    ];
    test.for(cases)('is known as our own: %o', async ({ revision, retries }, { skip }) => {
      const { store, connection, issuer } = await create();
      if (!connection) return skip('there is no connection to lose it on');
      const keyring = keyringOf(issuer);
      if (revision === 1) await store.save(keyring, 0);
      const before = connection.attempts();
      connection.break('after');
      expect(await (retries ? store : connection.once).save({ ...keyring, id: 'ours' }, revision)).toBe(revision + 1);
      expect(connection.attempts() - before).toBe(retries ? 2 : 1);
      expect(await store.load()).toMatchObject({ keyring: { id: 'ours' }, revision: revision + 1 });
    });

    test('is no conflict when every attempt loses its answer', async ({ skip }) => {
      const { store, connection, issuer } = await create();
      if (!connection) return skip('there is no connection to lose it on');
      connection.break('after', 3);
      expect(await store.save(keyringOf(issuer), 0)).toBe(1);
      expect(await store.save(keyringOf(issuer), 1)).toBe(2);
    });

    test.for([true, false])('is not known when it never arrived (retries: %s)', async (retries, { skip }) => {
      const { store, second, connection, issuer } = await create();
      if (!connection) return skip('there is no connection to lose it on');
      const keyring = keyringOf(issuer);
      // Its very content lies there, from another writer.
      await second.save(keyring, 0);
      connection.break('before');
      const save = (retries ? store : connection.once).save(keyring, 0);
      await (retries ? expectRefusal(save, 'keyring_conflict') : expect(save).rejects.toBeInstanceOf(Error));
      expect((await store.load()).revision).toBe(1);
    });

    test('is repeated when it did not arrive', async ({ skip }) => {
      const { store, connection, issuer } = await create();
      if (!connection) return skip('there is no connection to lose it on');
      connection.break('before');
      expect(await store.save(keyringOf(issuer), 0)).toBe(1);
      connection.break('before');
      // Nobody was first: it is no conflict, it is a table that could not be had.
      await expect(connection.once.save(keyringOf(issuer), 1)).rejects.not.toMatchObject({ code: 'keyring_conflict' });
      expect((await store.load()).revision).toBe(1);
    });
  });

  describe(`${name}: what others left in the table`, () => {
    const sound = (issuer: string): RawItem => ({ schema: 1, revision: 4, keyring: JSON.stringify(keyringOf(issuer)) });

    test('a sound item is read', async ({ skip }) => {
      const { store, issuer, putRaw } = await create();
      if (!putRaw) return skip('it holds nothing but what it saved');
      await putRaw(sound(issuer));
      expect(await store.load()).toMatchObject({ keyring: keyringOf(issuer), revision: 4 });
    });

    test('a newer schema is refused, and not written over', async ({ skip }) => {
      const { store, issuer, putRaw } = await create();
      if (!putRaw) return skip('it holds nothing but what it saved');
      await putRaw({ ...sound(issuer), schema: 2 });
      await expectRefusal(store.load(), 'keyring_too_new');
      await expectRefusal(store.save(keyringOf(issuer), 0), 'keyring_conflict', 'keyring_too_new');
      await expectRefusal(store.load(), 'keyring_too_new');
    });

    test.for<[string, RawItem]>([
      ['text that is not JSON', { keyring: '{"schema":1,' }],
      ['no text', { keyring: undefined }],
      ['null', { keyring: 'null' }],
      ['a list', { keyring: '[]' }],
      ['a string', { keyring: '"keyring"' }],
      ['an object that is no keyring', { keyring: '{}' }],
      ['keys that are none', { keyring: '{"keys":[null],"history":[]}' }],
      ['a key without a kid', { keyring: '{"keys":[{"state":"active"}],"history":[]}' }],
      ['no schema', { schema: undefined }],
      ['a schema that is no number', { schema: 'one' }],
      ['no revision', { revision: undefined }],
    ])('%s is unreadable', async ([, garbage], { skip }) => {
      const { store, issuer, putRaw } = await create();
      if (!putRaw) return skip('it holds nothing but what it saved');
      await putRaw({ ...sound(issuer), ...garbage });
      await expectRefusal(store.load(), 'keyring_unreadable');
    });

    test.for([-3600, 3600])('the time of an answer is its Date, %s s off', async (seconds, { skip }) => {
      const { dated, now } = await create();
      if (!dated) return skip('its answers carry no date');
      const before = now();
      const { serverTime } = await dated(seconds).load();
      expectBetween(before, serverTime - seconds, now());
    });
  });
}
