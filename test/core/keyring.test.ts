import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Algorithm } from '../../lib/core/algorithms.ts';
import { PRIVATE_MEMBERS, type PublicJwk } from '../../lib/core/jwk.ts';
import {
  type ActiveKey,
  activeKey,
  type CompromisedKey,
  flushes,
  type GraceKey,
  isObserved,
  isRendered,
  type Key,
  type Keyring,
  type PendingKey,
  pendingKeys,
  type RetiredKey,
  renderedKeys,
  standbyKey,
  violations,
} from '../../lib/core/keyring.ts';
import { foundKeyring } from '../../lib/core/transitions.ts';

const published = (kid: string, algorithm: Algorithm = 'RS256') => {
  const jwk = { kty: 'RSA', kid, use: 'sig', alg: algorithm, n: hash('sha256', kid, 'base64url'), e: 'AQAB' };
  return { kid, keyArn: `arn:${kid}`, algorithm, jwk: jwk as PublicJwk, createdAt: 1, sinceVersion: 1 };
};
const pending = (kid: string, more: Partial<PendingKey> = {}): PendingKey => ({
  ...published(kid, more.algorithm),
  state: 'pending',
  ...more,
});
const active = (kid: string, more: Partial<ActiveKey> = {}): ActiveKey => ({
  ...published(kid),
  state: 'active',
  observedAt: 2,
  activatedAt: 3,
  maxTokenLifetime: 60,
  ...more,
});
const grace = (kid: string): GraceKey => ({
  ...published(kid),
  state: 'grace',
  activatedAt: 3,
  endedAt: 4,
  maxTokenLifetime: 60,
});
const removed = (kid: string) => ({ kid, keyArn: `arn:${kid}`, endedAt: 4, reason: 'rotated', removedInVersion: 2 });
const retired = (kid: string): RetiredKey => ({ ...removed(kid), state: 'retired' });
const compromised = (kid: string): CompromisedKey => ({ ...removed(kid), state: 'compromised' });
const keyring = (...keys: Key[]): Keyring => ({
  ...foundKeyring('https://auth.example.com', 'k1', 'bucket'),
  documentVersion: 5,
  keys,
});
const kids = (keys: readonly Key[]) => keys.map(({ kid }) => kid);

describe('looking at a keyring', () => {
  const ring = keyring(grace('a'), retired('b'), active('c'), compromised('d'), pending('e'), pending('f'));

  test('rendered are those that are pending, active or in grace', () => {
    expect(kids(renderedKeys(ring))).toEqual(['a', 'c', 'e', 'f']);
    expect(ring.keys.map(isRendered)).toEqual([true, false, true, false, true, true]);
  });

  test('one signs, some are pending', () => {
    expect(activeKey(ring)?.kid).toBe('c');
    expect(activeKey(keyring(grace('a'), pending('b')))).toBeUndefined();
    expect(kids(pendingKeys(ring))).toEqual(['e', 'f']);
  });

  test('a key that was observed at the beginning of time has been observed', () => {
    expect(isObserved(pending('a'))).toBe(false);
    expect(isObserved(pending('a', { observedAt: 0 }))).toBe(true);
  });
});

describe('standbyKey', () => {
  const seen = (kid: string, algorithm: Algorithm = 'RS256') => pending(kid, { algorithm, observedAt: 2 });

  test('is the youngest that was observed, of the algorithm that is wanted', () => {
    const ring = keyring(active('a'), seen('b'), seen('c'), seen('d', 'ES256'), pending('e'));
    expect(standbyKey(ring, 'RS256')?.kid).toBe('c');
    expect(standbyKey(ring, 'ES256')?.kid).toBe('d');
    expect(standbyKey(ring, 'EdDSA')).toBeUndefined();
  });

  test('is none that has not been observed', () => {
    expect(standbyKey(keyring(active('a'), pending('b')), 'RS256')).toBeUndefined();
    expect(standbyKey(keyring(), 'RS256')).toBeUndefined();
  });
});

describe('flushes', () => {
  const flush = { at: 5, afterVersion: 5, immediate: true };
  const seen = (kid: string, sinceVersion: number) => pending(kid, { observedAt: 2, sinceVersion });

  test('without a burn any key will do, after one only a key that nobody can have seen before', () => {
    expect(flushes(keyring(), seen('a', 1))).toBe(true);
    expect(flushes({ ...keyring(), flush }, seen('a', 5))).toBe(false);
    expect(flushes({ ...keyring(), flush }, seen('a', 6))).toBe(true);
  });

  test('a standby that does not is none', () => {
    const ring: Keyring = { ...keyring(seen('a', 6), seen('b', 5)), flush };
    expect(standbyKey(ring, 'RS256')?.kid).toBe('a');
    expect(standbyKey({ ...ring, flush: { ...flush, afterVersion: 6 } }, 'RS256')).toBeUndefined();
  });
});

describe('violations', () => {
  test('a sound keyring has none', () => {
    expect(violations(foundKeyring('https://auth.example.com', 'k1', 'bucket'))).toEqual([]);
    expect(violations(keyring(grace('a'), retired('b'), active('c'), compromised('d'), pending('e')))).toEqual([]);
  });

  test('two keys that sign', () => {
    expect(violations(keyring(active('a'), active('b'), active('c')))).toEqual([
      'at most one key may be active, there are 3',
    ]);
  });

  test('a kid that occurs twice, in the keys or in their history', () => {
    expect(violations(keyring(active('a'), retired('a')))).toEqual(['a kid occurs twice']);
    expect(violations({ ...keyring(active('a')), history: [['a', 4, 'rotated']] })).toEqual(['a kid occurs twice']);
    const history: Keyring['history'] = [
      ['b', 4, 'rotated'],
      ['b', 5, 'rotated'],
    ];
    expect(violations({ ...keyring(active('a')), history })).toEqual(['a kid occurs twice']);
  });

  test('a key that is not what its JWK says', () => {
    const { jwk } = published('b');
    expect(violations(keyring(active('a', { jwk })))).toEqual(['key a carries a JWK with another kid']);
    expect(violations(keyring(active('a', { algorithm: 'PS256' })))).toEqual([
      'key a is of PS256, its JWK of another algorithm',
    ]);
  });

  test.each(PRIVATE_MEMBERS)('the private member %s', (member) => {
    const jwk = { ...published('a').jwk, [member]: 'AA' };
    expect(violations(keyring(active('a', { jwk })))).toEqual([`the JWK of key a has the private member ${member}`]);
  });

  test('a key from a version that is yet to come', () => {
    expect(violations(keyring(active('a', { sinceVersion: 5 })))).toEqual([]);
    expect(violations(keyring(active('a', { sinceVersion: 6 })))).toEqual(['key a is newer than the document']);
  });

  test('a document without a key, once there has been one', () => {
    expect(violations(keyring(retired('a'), compromised('b')))).toEqual(['the JWKS would be empty']);
    expect(violations({ ...keyring(), documentVersion: 0 })).toEqual([]);
    // Everything was burned, and the next key is on its way.
    const intent = { id: 'k1.1', algorithm: 'RS256', openedAt: 5 } as const;
    expect(violations({ ...keyring(compromised('a')), intent })).toEqual([]);
  });

  test('all of them at once', () => {
    expect(violations(keyring(active('a'), active('a', { sinceVersion: 6 })))).toHaveLength(3);
  });
});
