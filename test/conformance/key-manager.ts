/** What every KeyManager has to do. */
import { calculateJwkThumbprint, type JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { ALGORITHM_NAMES, type Algorithm } from '../../lib/core/algorithms.ts';
import { type CreateKms, DAY, type Forgery, intentFor, type Lie, makeKey, neverMade } from './kms.ts';
import { expectRefusal } from './refusal.ts';

export function keyManager(name: string, create: CreateKms): void {
  describe(`${name}: key manager`, () => {
    test('makes an enabled key that says whose it is and what for', async () => {
      const { keys, now, owned, expectedTags } = await create();
      const intent = intentFor('ES256');
      const before = now();
      const keyArn = await keys.create(intent);
      expect(keyArn).toMatch(/^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/[^/]+$/);
      const [key, ...others] = await keys.tagged();
      expect(others).toEqual([]);
      expect(key).toEqual({
        keyArn,
        state: 'enabled',
        createdAt: expect.any(Number),
        intentId: intent.id,
        algorithm: 'ES256',
        genuine: true,
      });
      expect(key?.createdAt).toBeGreaterThan(before - 2);
      expect(key?.createdAt).toBeLessThan(now() + 2);
      expect(await keys.describe(keyArn)).toMatchObject({ keyArn, state: 'enabled', createdAt: key?.createdAt });
      if (owned) expect(await owned(keyArn)).toEqual({ isEnabled: true, tags: expectedTags?.(intent) });
    });

    test.for(ALGORITHM_NAMES)('a key for %s is published under its thumbprint', async (algorithm) => {
      const { keys } = await create();
      const key = await makeKey(keys, algorithm);
      const jwk = await keys.publicKey(key);
      expect(jwk).toMatchObject({ alg: algorithm, use: 'sig' });
      expect(jwk.kid).toBe(await calculateJwkThumbprint(jwk as unknown as JWK, 'sha256'));
      expect(await keys.publicKey(key)).toEqual(jwk);
      expect(await keys.tagged()).toMatchObject([{ algorithm, genuine: true }]);
    });

    test.for<[Algorithm, Algorithm]>([
      ['ES256', 'ES384'],
      ['ES256', 'RS256'],
      ['RS256', 'EdDSA'],
      ['ML-DSA-44', 'ML-DSA-65'],
    ])('a key for %s is not published as one for %s', async ([made, asked]) => {
      const { keys } = await create();
      const { keyArn } = await makeKey(keys, made);
      await expectRefusal(keys.publicKey({ keyArn, algorithm: asked }), 'kms_answer_wrong');
    });

    test('every intent makes a key of its own, the same intent too', async () => {
      const { keys } = await create();
      const intent = intentFor();
      const made = [await keys.create(intent), await keys.create(intent), await keys.create(intentFor())];
      expect(new Set(made).size).toBe(3);
      const tagged = await keys.tagged();
      expect(tagged.map(({ keyArn }) => keyArn).sort()).toEqual(made.toSorted());
      expect(tagged.filter(({ intentId }) => intentId === intent.id)).toHaveLength(2);
    });

    test('more keys than one page of the index holds are all found', async () => {
      const { keys } = await create();
      const made = new Set<string>();
      for (let count = 0; count < 101; count++) made.add(await keys.create(intentFor()));
      expect(new Set((await keys.tagged()).map(({ keyArn }) => keyArn))).toEqual(made);
    });

    test("another issuer's keys are not among ours", async ({ skip }) => {
      const { keys, otherIssuer } = await create();
      if (!otherIssuer) return skip('it knows one issuer');
      const [ours, theirs] = [await makeKey(keys), await makeKey(otherIssuer)];
      expect(await keys.tagged()).toMatchObject([{ keyArn: ours.keyArn }]);
      expect(await otherIssuer.tagged()).toMatchObject([{ keyArn: theirs.keyArn }]);
    });

    test('a key that KMS does not show is not visible yet, and then it is', async ({ skip }) => {
      const { keys, connection } = await create();
      const key = await makeKey(keys);
      await expectRefusal(keys.publicKey(await neverMade(keys)), 'key_not_visible');
      if (!connection) return skip('nothing is between the caller and KMS');
      connection.fault('publicKey', 'not visible');
      await expectRefusal(keys.publicKey(key), 'key_not_visible');
      expect((await keys.publicKey(key)).alg).toBe('ES256');
    });

    test('a key that cannot sign is not published', async () => {
      const { keys } = await create();
      const [disabled, pending] = [await makeKey(keys), await makeKey(keys)];
      await keys.disable(disabled.keyArn);
      await keys.destroy(pending.keyArn, 7);
      await expect(keys.publicKey(disabled)).rejects.toBeInstanceOf(Error);
      await expect(keys.publicKey(pending)).rejects.toBeInstanceOf(Error);
    });

    test('a key that never was is gone', async () => {
      const { keys } = await create();
      const { keyArn } = await neverMade(keys);
      expect(await keys.describe(keyArn)).toEqual({ keyArn, state: 'gone', createdAt: 0, genuine: false });
    });
  });

  describe(`${name}: keys that end`, () => {
    test('disabling twice is disabling once, and no other key is touched', async () => {
      const { keys } = await create();
      const [ended, other] = [await makeKey(keys), await makeKey(keys)];
      await keys.disable(ended.keyArn);
      await keys.disable(ended.keyArn);
      expect((await keys.describe(ended.keyArn)).state).toBe('unusable');
      expect((await keys.describe(other.keyArn)).state).toBe('enabled');
      expect((await keys.tagged()).find(({ keyArn }) => keyArn === ended.keyArn)?.state).toBe('unusable');
    });

    test('a key that is pending deletion or gone is more than disabled', async () => {
      const { keys } = await create();
      const { keyArn } = await makeKey(keys);
      await keys.destroy(keyArn, 7);
      await keys.disable(keyArn);
      expect((await keys.describe(keyArn)).state).toBe('pending-deletion');
      await keys.disable((await neverMade(keys)).keyArn);
    });

    test.for([7, 30])(
      'destroyed in %s days, at the instant that is answered, however often it is asked',
      async (days) => {
        const { keys, now } = await create();
        const { keyArn } = await makeKey(keys);
        const at = await keys.destroy(keyArn, days);
        expect(Math.abs(at - now() - days * DAY)).toBeLessThan(30);
        expect(await keys.destroy(keyArn, days)).toBe(at);
        expect(await keys.destroy(keyArn, 14)).toBe(at);
        expect((await keys.describe(keyArn)).state).toBe('pending-deletion');
      },
    );

    test('a disabled key can be destroyed', async () => {
      const { keys } = await create();
      const { keyArn } = await makeKey(keys);
      await keys.disable(keyArn);
      await keys.destroy(keyArn, 7);
      expect((await keys.describe(keyArn)).state).toBe('pending-deletion');
    });

    test('a key that is gone was destroyed long ago', async () => {
      const { keys } = await create();
      expect(await keys.destroy((await neverMade(keys)).keyArn, 7)).toBe(0);
    });

    test.for([6, 31])('KMS does not wait %s days', async (days) => {
      const { keys } = await create();
      const { keyArn } = await makeKey(keys);
      await expect(keys.destroy(keyArn, days)).rejects.toBeInstanceOf(Error);
      expect((await keys.describe(keyArn)).state).not.toBe('pending-deletion');
    });

    test('a lost answer changes nothing', async ({ skip }) => {
      const { keys, connection, now } = await create();
      if (!connection) return skip('nothing is between the caller and KMS');
      const { keyArn } = await makeKey(keys);
      connection.fault('disable', 'answer lost');
      connection.fault('destroy', 'answer lost');
      expect(Math.abs((await keys.destroy(keyArn, 7)) - now() - 7 * DAY)).toBeLessThan(30);
      expect(connection.calls('destroy')).toBe(2);
    });

    test('a deletion that somebody cancels would leave a key that does not sign', async ({ skip }) => {
      const { keys, connection } = await create();
      if (!connection) return skip('nothing is between the caller and KMS');
      const { keyArn } = await makeKey(keys);
      connection.fault('destroy', 'dropped', 10);
      await expect(keys.destroy(keyArn, 7)).rejects.toBeInstanceOf(Error);
      expect((await keys.describe(keyArn)).state).toBe('unusable');
    });
  });

  describe(`${name}: a key is never made twice by itself`, () => {
    test.for(['answer lost', 'dropped', 'throttled'] as const)('%s', async (fault, { skip }) => {
      const { keys, connection } = await create();
      if (!connection) return skip('nothing is between the caller and KMS');
      const intent = intentFor();
      connection.fault('create', fault);
      await expect(keys.create(intent)).rejects.toBeInstanceOf(Error);
      expect(connection.calls('create')).toBe(1);
      const left = await keys.tagged();
      expect(left).toMatchObject(fault === 'answer lost' ? [{ intentId: intent.id, genuine: true }] : []);
      expect(left).toHaveLength(fault === 'answer lost' ? 1 : 0);
    });
  });

  describe(`${name}: answers and keys that are not believed`, () => {
    test.for<['create' | 'publicKey', Lie]>([
      ['publicKey', 'another key'],
      ['publicKey', 'another kind of key'],
      ['publicKey', 'another algorithm'],
      ['publicKey', 'nothing'],
      ['create', 'another kind of key'],
      ['create', 'nothing'],
    ])('%s answers with %s: kms_answer_wrong', async ([operation, lie], { skip }) => {
      const { keys, connection } = await create();
      if (!connection) return skip('nothing is between the caller and KMS');
      const key = await makeKey(keys);
      connection.lie(operation, lie);
      const asked = operation === 'create' ? keys.create(intentFor()) : keys.publicKey(key);
      await expectRefusal(asked, 'kms_answer_wrong');
    });

    test.for<[Forgery, boolean]>([
      ['another policy', false],
      ['one more statement', false],
      ['another role', false],
      ['no algorithm tag', false],
      ['an unknown algorithm tag', false],
      ['another specification', false],
      ['the policy in another format', true],
    ])('with our tags and %s: genuine %s', async ([forgery, genuine], { skip }) => {
      const { keys, forge } = await create();
      if (!forge) return skip('nobody else makes keys in it');
      const intent = intentFor();
      const keyArn = await forge(forgery, intent);
      const ours = await keys.create(intentFor());
      const tagged = new Map((await keys.tagged()).map((key) => [key.keyArn, key]));
      expect(tagged.get(keyArn)).toMatchObject({ state: 'enabled', intentId: intent.id, genuine });
      expect(tagged.get(ours)?.genuine).toBe(true);
    });
  });
}
