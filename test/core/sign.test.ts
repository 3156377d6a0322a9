import { describe, expect, test } from 'vitest';
import { KeyturnError } from '../../lib/core/errors.ts';
import { activeKey, pendingKeys } from '../../lib/core/keyring.ts';
import { World } from '../../lib/simulator/world.ts';

const DAY = 86_400;

async function settled(settings: Record<string, unknown> = {}) {
  const world = new World(settings);
  await world.tick();
  const calls: string[] = [];
  world.intercept = ({ name, phase }) => {
    if (phase === 'before') calls.push(name);
  };
  return { world, calls };
}

describe('a warm signer', () => {
  test('makes two calls for its first token and one for every other', async () => {
    const { world, calls } = await settled();
    const signer = world.signer();
    await signer.sign(world.request());
    expect(calls).toEqual(['store.load', 'signer.sign']);
    calls.length = 0;
    for (let token = 0; token < 10; token++) await signer.sign(world.request());
    expect(new Set(calls)).toEqual(new Set(['signer.sign']));
  });

  test('reads the keyring once for all who wait for it', async () => {
    const { world, calls } = await settled();
    const signer = world.signer();
    await Promise.all(Array.from({ length: 20 }, () => signer.sign(world.request())));
    expect(calls.filter((name) => name === 'store.load')).toHaveLength(1);
  });

  test('reads it anew behind the answer when it is half old, and before the answer when it is old', async () => {
    const { world, calls } = await settled();
    const signer = world.signer();
    await signer.sign(world.request());
    world.now += 16;
    calls.length = 0;
    await signer.sign(world.request());
    expect(calls).toEqual(['store.load', 'signer.sign']);
    world.now += 31;
    world.intercept = ({ name }) => {
      if (name === 'store.load') throw new KeyturnError('keyring_unreadable', 'told to');
    };
    await expect(signer.sign(world.request())).rejects.toMatchObject({ code: 'keyring_unreadable' });
  });

  test('judges the age when it uses it: an hour in the freezer makes no timer fire', async () => {
    const { world } = await settled();
    const signer = world.signer();
    const { kid } = await signer.sign(world.request());
    world.intercept = undefined;
    world.now += 2 * DAY;
    await world.rotateNow();
    expect((await signer.sign(world.request())).kid).toBe(activeKey(world.keyring)?.kid);
    expect(activeKey(world.keyring)?.kid).not.toBe(kid);
  });

  test('trusts no keyring when its clock has jumped back', async () => {
    const { world, calls } = await settled();
    const signer = world.signer();
    await signer.sign(world.request());
    world.now -= 3600;
    calls.length = 0;
    await signer.sign(world.request());
    expect(calls[0]).toBe('store.load');
  });

  test('uses the old key for its cache after a rotation, and no second longer', async () => {
    const { world } = await settled();
    world.intercept = undefined;
    world.now += 2 * DAY;
    const signer = world.signer();
    const { kid: old } = await signer.sign(world.request());
    await world.rotateNow();
    world.now += 30;
    // A refresh behind the answer is under way, but this answer came from the keyring at hand.
    expect((await signer.sign(world.request())).kid).toBe(old);
    world.now += 31;
    expect((await signer.sign(world.request())).kid).toBe(activeKey(world.keyring)?.kid);
  });
});

describe('a signature that is too late', () => {
  test('is discarded, and the token is made anew from a fresh keyring', async () => {
    const { world } = await settled();
    const signer = world.signer();
    await signer.sign(world.request());
    let slow = true;
    world.intercept = ({ name, phase }) => {
      if (name !== 'signer.sign' || phase !== 'after' || !slow) return;
      slow = false;
      world.now += 61;
    };
    const { issuedAt } = await signer.sign(world.request());
    expect(issuedAt).toBe(Math.floor(world.now));
  });

  test('twice in a row is refused', async () => {
    const { world } = await settled();
    const signer = world.signer();
    world.intercept = ({ name, phase }) => {
      if (name === 'signer.sign' && phase === 'after') world.now += 61;
    };
    await expect(signer.sign(world.request())).rejects.toMatchObject({ code: 'signature_too_late' });
  });
});

describe('a key that KMS refuses', () => {
  test('makes the signer read the keyring anew, once', async () => {
    const { world, calls } = await settled();
    const signer = world.signer();
    await signer.sign(world.request());
    world.intercept = undefined;
    world.now += 2 * DAY;
    await signer.sign(world.request());
    const burned = activeKey(world.keyring);
    await world.rotateNow();
    await world.kms.disable(burned?.keyArn ?? '');
    calls.length = 0;
    expect((await signer.sign(world.request())).kid).toBe(activeKey(world.keyring)?.kid);
  });

  test('and that the fresh keyring still names is refused', async () => {
    const { world } = await settled();
    await world.kms.disable(activeKey(world.keyring)?.keyArn ?? '');
    await expect(world.signer().sign(world.request())).rejects.toMatchObject({ code: 'key_unusable' });
  });

  test('a read that began before the refusal does not count as fresh', async () => {
    const { world } = await settled();
    world.intercept = undefined;
    world.now += 2 * DAY;
    const signer = world.signer();
    await signer.sign(world.request());
    const burned = activeKey(world.keyring);
    world.now += 20; // the next call starts a read behind its answer
    let release = () => {};
    let first = true;
    world.intercept = ({ name, phase }) => {
      if (name !== 'store.load' || phase !== 'after' || !first) return;
      first = false; // it has read the old keyring, and its answer is slow
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    };
    await signer.sign(world.request());
    world.intercept = undefined;
    await world.rotateNow();
    await world.kms.disable(burned?.keyArn ?? '');
    expect((await signer.sign(world.request())).kid).toBe(activeKey(world.keyring)?.kid);
    release();
    await new Promise(setImmediate);
    expect((await signer.sign(world.request())).kid).toBe(activeKey(world.keyring)?.kid);
  });
});

describe('without a key', () => {
  test('there is no keyring', async () => {
    const world = new World();
    await expect(world.signer().sign(world.request())).rejects.toMatchObject({
      code: 'keyring_missing',
      retryAfterSeconds: 5,
    });
    await expect(world.signer().canary('active')).rejects.toMatchObject({ code: 'keyring_missing' });
  });

  test('there is a keyring and no active key; the first activation is noticed within a second', async () => {
    const world = new World();
    const signer = world.signer();
    world.intercept = ({ name }) => {
      if (name === 'edge.fetch') throw new KeyturnError('edge_unreachable', 'told to');
    };
    await world.tick();
    await expect(signer.sign(world.request())).rejects.toMatchObject({ code: 'no_active_key' });
    world.intercept = undefined;
    await world.tick();
    world.now += 1.1;
    expect((await signer.sign(world.request())).kid).toBe(activeKey(world.keyring)?.kid);
  });

  test('a crowd that is turned away does not crowd the table', async () => {
    const world = new World();
    world.intercept = ({ name }) => {
      if (name === 'edge.fetch') throw new KeyturnError('edge_unreachable', 'told to');
    };
    await world.tick();
    let loads = 0;
    world.intercept = ({ name, phase }) => {
      if (name === 'store.load' && phase === 'before') loads++;
    };
    const signer = world.signer();
    for (let call = 0; call < 50; call++) await expect(signer.sign(world.request())).rejects.toThrow();
    expect(loads).toBe(1);
  });
});

describe('lifetimes', () => {
  test('are capped at what the key has recorded', async () => {
    const { world } = await settled();
    world.policy = { ...world.policy, maxTokenLifetime: 7200 }; // deployed, but no tick has raised it yet
    const { issuedAt, expiresAt } = await world.signer().sign(world.request({ expiresIn: 7200 }));
    expect(expiresAt - issuedAt).toBe(3600);
  });

  test('end with the cryptoperiod, and after it nothing is signed', async () => {
    const { world } = await settled({ cryptoperiod: '100d' });
    world.intercept = undefined;
    const { notAfter = 0 } = activeKey(world.keyring) ?? {};
    world.now = notAfter - 100.5;
    const { expiresAt } = await world.signer().sign(world.request({ expiresIn: 3600 }));
    expect(expiresAt).toBeLessThanOrEqual(notAfter);
    expect(expiresAt).toBeGreaterThan(notAfter - 2);
    world.now = notAfter;
    await expect(world.signer().sign(world.request())).rejects.toMatchObject({ code: 'no_active_key' });
  });
});

test('the canary is signed by the standby, is of its own kind and lives for a minute', async () => {
  const { world } = await settled();
  const { token, kid } = await world.signer().canary();
  expect(kid).toBe(pendingKeys(world.keyring)[0]?.kid);
  const [header, payload] = token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  expect(header).toEqual({ alg: 'ES256', kid, typ: 'keyturn-canary+jwt' });
  expect(payload).toEqual({
    iss: 'https://auth.example.com',
    sub: 'keyturn:canary',
    aud: 'keyturn:canary',
    iat: world.now,
    exp: world.now + 60,
  });
});
