import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { operate } from '../../lib/core/operate.ts';
import type { TickReport } from '../../lib/core/rotate.ts';
import { World } from '../../lib/simulator/world.ts';

const DAY = 86_400;
const HOUR = 3600;
const foreign = (kid: string, change: object = {}) => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig', x5t: 'AAAA', ...change };
};

let world: World;
beforeEach(async () => {
  world = new World({ verifiers: ['jose'] });
  await world.tick();
});
const ask = (event: object, mayImport = true) =>
  operate(world.rotatorPorts, world.policy, event, { mayImport }) as Promise<TickReport>;
const imports = (keys: unknown, until: number = world.now + 30 * DAY) =>
  ask({ operation: 'import', keys, until, source: 'https://old.example.com/jwks' });
const served = async () => JSON.parse((await world.bucket.fetch('/.well-known/jwks.json')).body);
const kids = async () => (await served()).keys.map(({ kid }: { kid: string }) => kid);

test('a foreign key is published at once, without what it brought along, and leaves at its end', async () => {
  const before = await kids();
  const key = foreign('old-1');
  const { documentVersion, holds } = await imports([key]);
  expect({ documentVersion, holds }).toEqual({ documentVersion: 3, holds: [] });
  expect(await kids()).toEqual([...before, 'old-1']);
  const { x, y } = key as unknown as Record<string, string>;
  expect((await served()).keys.at(-1)).toEqual({
    kty: 'EC',
    kid: 'old-1',
    use: 'sig',
    alg: 'ES256',
    crv: 'P-256',
    x,
    y,
  });

  await world.pass(30 * DAY - HOUR);
  expect(await kids()).toContain('old-1');
  await world.pass(2 * HOUR);
  expect(await kids()).toEqual(before);
  expect(world.log.filter(({ step }) => step === 'expire')).toMatchObject([
    { why: expect.stringContaining('imported from https://old.example.com/jwks until') },
  ]);
  expect(world.keyring.imported).toBeUndefined();
});

test('rotations go on beside it, and it never signs', async () => {
  await imports([foreign('old-1')], world.now + 200 * DAY);
  await world.pass(185 * DAY);
  expect(world.log.filter(({ step }) => step === 'activate')).toHaveLength(3);
  expect(await kids()).toContain('old-1');
  expect((await world.sign(world.signer(), 'a')).kid).not.toBe('old-1');
});

test('its algorithm is announced in the metadata', async () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  await imports([{ ...publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'RS256' }]);
  const { body } = await world.bucket.fetch('/.well-known/openid-configuration');
  expect(JSON.parse(body).id_token_signing_alg_values_supported).toEqual(['ES256', 'RS256']);
});

test('once more changes the end and not the document', async () => {
  const key = foreign('old-1');
  await imports([key]);
  const { documentVersion } = await imports([key], world.now + 40 * DAY);
  expect(documentVersion).toBe(3);
  await world.pass(35 * DAY);
  expect(await kids()).toContain('old-1');
});

test('unimport ends it, and it may come back', async () => {
  const key = foreign('old-1');
  await imports([key]);
  await ask({ operation: 'unimport', kid: 'old-1' });
  expect(await kids()).not.toContain('old-1');
  await imports([key]);
  expect(await kids()).toContain('old-1');
  await expect(ask({ operation: 'unimport', kid: 'nobody' })).rejects.toThrow(
    'key nobody is not imported; there are old-1',
  );
});

test('a burned one leaves at once, flushes caches as any burn does, and never comes back', async () => {
  const key = foreign('old-1');
  await imports([key]);
  const signing = (await world.sign(world.signer(), 'a')).kid;
  const report = await world.burn({ kids: ['old-1'], reason: 'the old issuer was broken into' });
  expect(report).toMatchObject({ burned: ['old-1'], removedAt: expect.any(Number) });
  expect(await kids()).not.toContain('old-1');
  await world.pass(HOUR);
  expect((await world.sign(world.signer(), 'b')).kid).not.toBe(signing);
  await expect(imports([key])).rejects.toThrow(
    'key old-1 has been here before: burned: the old issuer was broken into',
  );
  // Asked again, nothing more happens.
  const { documentVersion } = world.keyring;
  await world.burn({ kids: ['old-1'] });
  expect(world.keyring.documentVersion).toBe(documentVersion);
});

test('all that the JWKS holds is burned with it', async () => {
  await imports([foreign('old-1')]);
  expect((await world.burn()).burned).toContain('old-1');
  expect(await kids()).not.toContain('old-1');
});

describe('what is refused', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['no array', () => ({}), /keys must be an array of at least one JWK/],
    ['a private key', () => [foreign('a', { d: 'AAAA' })], /private member d/],
    ['a shared secret', () => [{ kty: 'oct', k: 'AAAA', kid: 'a', alg: 'HS256' }], /symmetric/],
    ['no alg', () => [foreign('a', { alg: undefined })], /the token chooses the algorithm/],
    ['an alg that nobody knows', () => [foreign('a', { alg: 'ES256K' })], /alg ES256K is not supported/],
    ['no kid', () => [foreign('')], /must have a kid/],
    ['a kid with white space', () => [foreign('a b')], /must have a kid/],
    ['no point of the curve', () => [foreign('a', { x: Buffer.alloc(32, 1).toString('base64url') })], /no public key/],
    [
      'a weak one',
      () => [
        {
          ...generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }),
          kid: 'a',
          alg: 'RS256',
        },
      ],
      /at least 2048 bits/,
    ],
    ['one name for two', () => [foreign('a'), foreign('a')], /kid a must occur once/],
    [
      'more than verifiers take',
      () => Array.from({ length: 8 }, (_, index) => foreign(`k${index}`)),
      /room for 7 imported keys/,
    ],
  ])('%s', async (_, keys, expected) => {
    await expect(imports(keys())).rejects.toThrow(expected);
    expect(world.keyring.imported).toBeUndefined();
  });

  test('any, where it was not allowed at deployment', async () => {
    const event = { operation: 'import', keys: [foreign('a')], until: world.now + DAY, source: 'x' };
    await expect(ask(event, false)).rejects.toThrow('deployed with allowImport');
  });

  test('one that a declared verifier does not take', async () => {
    world.decide({ algorithm: 'RS256', verifiers: ['alb'] });
    await expect(imports([foreign('a')])).rejects.toThrow('Application Load Balancer does not take ES256');
  });

  test('an end that is past or far, a key of our own, another key of the same name', async () => {
    await expect(imports([foreign('a')], world.now - 1)).rejects.toThrow('until must lie ahead');
    await expect(imports([foreign('a')], world.now + 400 * DAY)).rejects.toThrow('until must be within 366d');
    await expect(imports([foreign((await kids())[0])])).rejects.toThrow("one of this issuer's own");
    await imports([foreign('a')]);
    await expect(imports([foreign('a')])).rejects.toThrow('imported already, and is another key');
  });
});

test('after a restore: what the documents no longer hold does not come back', async () => {
  await imports([foreign('kept'), foreign('gone')]);
  const backup = world.keyrings.item;
  await ask({ operation: 'unimport', kid: 'gone' });
  world.keyrings.item = backup;
  await ask({ operation: 'recover' });
  expect(await kids()).toContain('kept');
  expect(await kids()).not.toContain('gone');
});
