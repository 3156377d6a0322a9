import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type OkpJwk, PRIVATE_MEMBERS, thumbprint } from '../../lib/core/jwk.ts';
import { readJwks, readVersion, renderJwks } from '../../lib/core/jwks.ts';
import type { Key, Keyring, KeyState } from '../../lib/core/keyring.ts';
import { activate, addPending, foundKeyring, observe, openIntent, retire } from '../../lib/core/transitions.ts';

const jwk = (seed: number): OkpJwk => {
  const key = { kty: 'OKP', crv: 'Ed25519', x: hash('sha256', `${seed}`, 'base64url') } as const;
  return { kty: 'OKP', kid: thumbprint(key), use: 'sig', alg: 'EdDSA', crv: key.crv, x: key.x };
};
const kid = (seed: number) => jwk(seed).kid;

function key(seed: number, state: KeyState, sinceVersion = seed): Key {
  const common = { kid: kid(seed), keyArn: `arn:${seed}` };
  const published = { ...common, algorithm: 'EdDSA', jwk: jwk(seed), createdAt: seed, sinceVersion } as const;
  switch (state) {
    case 'pending':
      return { ...published, state };
    case 'active':
      return { ...published, state, observedAt: seed, activatedAt: seed, maxTokenLifetime: 60 };
    case 'grace':
      return { ...published, state, activatedAt: seed, endedAt: seed, maxTokenLifetime: 60 };
    case 'retired':
    case 'compromised':
      return { ...common, state, endedAt: seed, reason: 'rotated', removedInVersion: seed };
  }
}
const keyring = (...keys: Key[]): Keyring => ({
  ...foundKeyring('https://auth.example.com', 'k1', 'bucket'),
  documentVersion: 9,
  keys,
});
const kids = (ring: Keyring) => renderJwks(ring).keys.map((entry) => entry.kid);
const bytes = (ring: Keyring) => JSON.stringify(renderJwks(ring));

/** One more published key. */
function withPending(ring: Keyring, seed: number): Keyring {
  const intended = openIntent(ring, { id: `k1.${seed}`, algorithm: 'EdDSA', openedAt: seed });
  return addPending(intended, { intentId: `k1.${seed}`, keyArn: `arn:${seed}`, jwk: jwk(seed) }, seed);
}
/** The key that was published last signs from now on. */
function activated(ring: Keyring, now: number): Keyring {
  const standby = ring.keys.findLast((entry) => entry.state === 'pending');
  if (standby?.state !== 'pending') throw new Error('no standby');
  const seen = observe(ring, standby.kid, now);
  return activate(seen, { ...standby, observedAt: now }, { maxTokenLifetime: 60 }, now);
}

describe('renderJwks', () => {
  test('is a version and the public keys, as they are', () => {
    expect(renderJwks(keyring(key(1, 'active'), key(2, 'pending')))).toEqual({
      keys: [jwk(1), jwk(2)],
      documentVersion: 9,
    });
  });

  test.each([
    ['pending', true],
    ['active', true],
    ['grace', true],
    ['retired', false],
    ['compromised', false],
  ] as const)('a key that is %s: %s', (state, rendered) => {
    expect(kids(keyring(key(1, state), key(2, 'active')))).toEqual(rendered ? [kid(1), kid(2)] : [kid(2)]);
  });

  test('orders keys by birth, wherever and in whatever state they are', () => {
    expect(kids(keyring(key(3, 'grace'), key(1, 'pending'), key(2, 'active')))).toEqual([kid(1), kid(2), kid(3)]);
    expect(kids(keyring(key(1, 'active'), key(2, 'grace'), key(3, 'pending')))).toEqual([kid(1), kid(2), kid(3)]);
    // Of eight kids some are out of order.
    const born = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => key(seed, 'pending'));
    expect(born.map((entry) => entry.kid)).not.toEqual(born.map((entry) => entry.kid).toSorted());
    expect(kids(keyring(...born.toReversed()))).toEqual(born.map((entry) => entry.kid));
    // Nothing brings two into one version today; if something does, the kid decides.
    const twins = [key(4, 'active', 7), key(5, 'pending', 7), key(6, 'grace', 7)];
    expect(kids(keyring(...twins))).toEqual([kid(4), kid(5), kid(6)].toSorted());
    expect(kids(keyring(...twins.toReversed()))).toEqual([kid(4), kid(5), kid(6)].toSorted());
  });

  test('an activation and the end of a key change no byte', () => {
    const one = withPending(foundKeyring('https://auth.example.com', 'k1', 'bucket'), 1);
    const two = withPending(activated(one, 10), 2);
    expect(bytes(activated(one, 10))).toBe(bytes(one));
    expect(bytes(activated(two, 20))).toBe(bytes(two));
    expect(activated(two, 20).keys.map(({ state }) => state)).toEqual(['grace', 'active']);
  });

  test('no two versions have equal bytes, not even of the same keys', () => {
    const two = withPending(withPending(foundKeyring('https://auth.example.com', 'k1', 'bucket'), 1), 2);
    const back = retire(two, kid(2), 'algorithm changed', 10);
    const one = withPending(foundKeyring('https://auth.example.com', 'k1', 'bucket'), 1);
    expect(renderJwks(back).keys).toEqual(renderJwks(one).keys);
    expect(bytes(back)).not.toBe(bytes(one));
  });

  test('has members of a public key only', () => {
    const rendered = renderJwks(keyring(key(1, 'active'), key(2, 'pending'), key(3, 'grace'))).keys;
    for (const entry of rendered) {
      expect(Object.keys(entry)).toEqual(['kty', 'kid', 'use', 'alg', 'crv', 'x']);
      for (const member of PRIVATE_MEMBERS) expect(entry).not.toHaveProperty(member);
    }
  });
});

describe('readJwks', () => {
  test('reads the version and the kids of what is rendered', () => {
    const body = bytes(keyring(key(1, 'active'), key(2, 'pending'), key(3, 'retired')));
    expect(readJwks(body)).toEqual({ version: 9, kids: new Set([kid(1), kid(2)]) });
    expect(readVersion(body)).toBe(9);
  });

  test('passes over keys without a kid, whatever they are', () => {
    const body = '{"keys":[null,1,"a",[],{},{"kid":7},{"kid":null},{"kid":"a"},{"kid":""}],"documentVersion":1}';
    expect(readJwks(body)).toEqual({ version: 1, kids: new Set(['a', '']) });
  });

  test.each([
    '',
    ' ',
    'null',
    'true',
    '7',
    '"keys"',
    '[]',
    '[{"keys":[],"documentVersion":1}]',
    '{}',
    '{"keys":[]}',
    '{"documentVersion":1}',
    '{"keys":null,"documentVersion":1}',
    '{"keys":{},"documentVersion":1}',
    '{"keys":"a","documentVersion":1}',
    '{"keys":[],"documentVersion":null}',
    '{"keys":[],"documentVersion":"1"}',
    '{"keys":[],"documentVersion":[1]}',
    '{"keys":[],"documentVersion":true}',
    '{"keys":[],"documentVersion":0}',
    '{"keys":[],"documentVersion":-1}',
    '{"keys":[],"documentVersion":1.5}',
    '{"keys":[],"documentVersion":1e400}',
    '{"keys":[],"documentVersion":9007199254740992}',
    '{"keys":[],"documentVersion":1',
    '<!doctype html><title>403</title>',
    '\u{feff}{"keys":[],"documentVersion":1}',
  ])('%j is none of ours', (body) => {
    expect(readJwks(body)).toBeUndefined();
  });

  test('never throws, and its version is that of readVersion, whatever the body', () => {
    const member = fc.oneof(fc.constant('keys'), fc.constant('documentVersion'), fc.constant('kid'));
    const value = fc.jsonValue({ depthSize: 'medium' });
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(member, value).map((object) => JSON.stringify(object)),
    );
    fc.assert(
      fc.property(body, (text) => {
        const version = readVersion(text);
        expect(Number.isSafeInteger(version) && version >= 0).toBe(true);
        const read = readJwks(text);
        if (read) expect(read.version).toBe(version);
      }),
    );
  });
});

describe('readVersion', () => {
  test.each([
    ['{"issuer":"https://auth.example.com","documentVersion":4}', 4],
    ['{"documentVersion":9007199254740991}', Number.MAX_SAFE_INTEGER],
    ['{"documentVersion":9007199254740992}', 0],
    ['{"documentVersion":-4}', 0],
    ['{"documentVersion":4.5}', 0],
    ['{"documentVersion":"4"}', 0],
    ['{"documentVersion":null}', 0],
    ['{}', 0],
    ['[4]', 0],
    ['4', 0],
    ['"4"', 0],
    ['null', 0],
    ['', 0],
    ['{"documentVersion":4', 0],
  ])('%j: %d', (body, version) => {
    expect(readVersion(body)).toBe(version);
  });
});
