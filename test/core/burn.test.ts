import { describe, expect, test } from 'vitest';
import { KeyturnError } from '../../lib/core/errors.ts';
import { documentPaths } from '../../lib/core/issuer.ts';
import { readJwks } from '../../lib/core/jwks.ts';
import { activeKey, type PendingKey, pendingKeys, renderedKeys } from '../../lib/core/keyring.ts';
import { World } from '../../lib/simulator/world.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const JWKS = documentPaths('https://auth.example.com').jwks;

async function settled(settings: Record<string, unknown> = {}): Promise<World> {
  const world = new World(settings);
  await world.tick();
  world.now += 2 * DAY;
  await world.tick();
  return world;
}
const active = (world: World) => activeKey(world.keyring)?.kid ?? '';
const standby = (world: World) => pendingKeys(world.keyring)[0]?.kid ?? '';
const published = (world: World) => readJwks(world.bucket.objects.get(JWKS)?.body ?? '')?.kids ?? new Set();
const keyArn = (world: World, kid: string) => world.keyring.keys.find((key) => key.kid === kid)?.keyArn ?? '';
const state = (world: World, kid: string) => world.keyring.keys.find((key) => key.kid === kid)?.state;
const calls = (world: World): string[] => {
  const names: string[] = [];
  world.intercept = ({ name, phase }) => {
    if (phase === 'after') names.push(name);
  };
  return names;
};

describe('the active key is burned', () => {
  test('saved, disabled, out of the document, and a fresh key: in this order', async () => {
    const world = await settled();
    const names = calls(world);
    await world.burn({ kids: [active(world)] });
    const order = ['store.save', 'keys.disable', 'publisher.write', 'publisher.invalidate', 'keys.create'];
    const first = order.map((name) => names.indexOf(name));
    expect(first).toEqual(first.toSorted((a, b) => a - b));
    expect(first.every((index) => index >= 0)).toBe(true);
  });

  test('one write compromises it, has the standby sign and intends a fresh key', async () => {
    const world = await settled({ verifiers: ['envoy'] });
    const [burned, next] = [active(world), standby(world)];
    world.intercept = ({ name, phase }) => {
      if (name === 'store.save' && phase === 'after') throw new Error('the process dies');
    };
    await world.burn({ kids: [burned] }).catch(() => undefined);
    world.intercept = undefined;
    expect(state(world, burned)).toBe('compromised');
    expect(active(world)).toBe(next);
    expect(world.keyring.intent).toBeDefined();
    expect(world.keyring.flush).toMatchObject({ immediate: false });
  });

  test('its tokens end, its kid never comes back, and its KMS key stays as evidence', async () => {
    const world = await settled();
    const burned = active(world);
    const signer = world.signer();
    await signer.sign(world.request());
    await world.burn({ kids: [burned] });
    expect(published(world).has(burned)).toBe(false);
    // Its signer still holds the old keyring: KMS says disabled, it reads anew, and signs with the key that now does.
    const { kid } = await signer.sign(world.request());
    expect(kid).toBe(active(world));
    expect(kid).not.toBe(burned);
    await world.pass(120 * DAY);
    expect(published(world).has(burned)).toBe(false);
    expect(state(world, burned)).toBe('compromised');
    expect(world.kms.stored.get(keyArn(world, burned))).toMatchObject({ enabled: false, deletionAt: undefined });
  });

  test('without blind verifiers a fresh kid signs as soon as the edge shows it, to flush caches that keep for ever', async () => {
    const world = await settled({ verifiers: ['aws-jwt-verify', 'go-oidc'] });
    const before = new Set(renderedKeys(world.keyring).map(({ kid }) => kid));
    const report = await world.burn({ kids: [active(world)] });
    expect(before.has(active(world))).toBe(false);
    expect(report.signing).toBe(active(world));
    expect(activeKey(world.keyring)?.leadWaived).toBe('burn');
    expect(world.keyring.flush).toBeUndefined();
    // The standby that signed for a moment goes into grace like any other key.
    expect(world.keyring.keys.filter((key) => key.state === 'grace')).toHaveLength(1);
    expect(pendingKeys(world.keyring)).toHaveLength(1);
  });

  test('with blind verifiers the standby signs until the fresh key has its lead', async () => {
    const world = await settled({ verifiers: ['aws-jwt-verify', 'envoy'] });
    const next = standby(world);
    const report = await world.burn({ kids: [active(world)] });
    expect(report.signing).toBe(next);
    const fresh = standby(world);
    await world.pass(24 * HOUR - 900);
    expect(active(world)).toBe(next);
    await world.pass(1800);
    expect(active(world)).toBe(fresh);
    expect(activeKey(world.keyring)?.leadWaived).toBeUndefined();
  });

  test('with blind verifiers and --flush the fresh key signs at once, also when it is asked for later', async () => {
    for (const later of [false, true]) {
      const world = await settled({ verifiers: ['envoy'] });
      const [burned, next] = [active(world), standby(world)];
      if (later) {
        await world.burn({ kids: [burned] });
        expect(active(world)).toBe(next);
      }
      await world.burn({ kids: [burned], flush: true });
      expect(active(world)).not.toBe(next);
    }
  });

  test('a standby that has not had its lead signs all the same, and records that', async () => {
    const world = new World({ verifiers: ['envoy'] });
    await world.tick();
    const next = standby(world);
    await world.burn({ kids: [active(world)] });
    expect(active(world)).toBe(next);
    expect(activeKey(world.keyring)?.leadWaived).toBe('burn');
  });
});

test('a clock that is off stamps nothing: whether the standby has had its lead goes by the table’s', async () => {
  for (const off of [-3600, 2 * DAY]) {
    const world = new World({ verifiers: ['envoy'] });
    await world.tick();
    const next = standby(world);
    world.rotatorSkew = off;
    const report = await world.burn({ kids: [active(world)] });
    expect(activeKey(world.keyring)).toMatchObject({ kid: next, leadWaived: 'burn' });
    expect(Math.abs((activeKey(world.keyring)?.activatedAt ?? 0) - world.now)).toBeLessThan(2);
    expect(Math.abs((report.removedAt ?? 0) - world.now)).toBeLessThan(2);
  }
});

test('over a restored table, what the table has forgotten ends by the table’s clock too', async () => {
  const world = await settled();
  const backup = world.keyrings.item;
  await world.rotateNow();
  await world.tick();
  const forgotten = standby(world);
  world.keyrings.item = backup;
  world.rotatorSkew = -2 * DAY;
  await world.burn({ kids: [active(world)] });
  const key = world.keyring.keys.find(({ kid }) => kid === forgotten);
  expect(key).toMatchObject({ state: 'grace' });
  expect(Math.abs((key as { endedAt: number }).endedAt - world.now)).toBeLessThan(2);
});

test.each([
  ['', []],
  [', and KMS lists no keys', ['keys.tagged']],
  [', and the edge is silent', ['edge.fetch']],
])('a standby that the published document has lost does not take over%s', async (_, away) => {
  const world = await settled({ verifiers: ['envoy'] });
  const [burned, lost] = [active(world), standby(world)];
  const stored = world.bucket.objects.get(JWKS);
  const { keys, ...rest } = JSON.parse(stored?.body ?? '') as { keys: { kid: string }[] };
  const body = JSON.stringify({ keys: keys.filter(({ kid }) => kid !== lost), ...rest });
  if (stored) world.bucket.objects.set(JWKS, { ...stored, body, etag: 'by hand' });
  world.intercept = ({ name }) => {
    if (away.includes(name)) throw new Error('away');
  };
  await world.burn({ kids: [burned] });
  expect(activeKey(world.keyring)?.kid).not.toBe(lost);
  world.intercept = undefined;
  await world.tick();
  expect(active(world)).not.toBe(lost);
  expect(activeKey(world.keyring)).toMatchObject({ leadWaived: 'burn' });
});

test.each(['is disabled in KMS', 'has failed its canary for good'])(
  'a standby that %s does not take over: the fresh key signs, also in front of blind verifiers',
  async (how) => {
    const world = await settled({ verifiers: ['envoy'] });
    const bad = pendingKeys(world.keyring)[0];
    const stored = world.kms.stored.get(bad?.keyArn ?? '');
    if (how === 'is disabled in KMS' && stored) stored.enabled = false;
    else {
      const keys = world.keyring.keys.map((key) => (key.kid === bad?.kid ? { ...key, canaryFailures: 3 } : key));
      world.keyrings.item = { revision: 99, text: JSON.stringify({ ...world.keyring, keys }) };
    }
    const { signing } = await world.burn({ kids: [active(world)] });
    expect(signing).toBe(active(world));
    expect(signing).not.toBe(bad?.kid);
    expect((await world.signer().sign(world.request())).kid).toBe(signing);
  },
);

describe('nothing is left to sign', () => {
  test.each([
    ['no standby was observed', false],
    ['the standby is burned too', true],
  ])('%s: 503 until the edge shows the fresh key, which then signs at once', async (_, all) => {
    const world = await settled({ verifiers: ['envoy'] });
    if (!all) {
      world.keyrings.item = {
        revision: 99,
        text: JSON.stringify({ ...world.keyring, keys: world.keyring.keys.filter((key) => key.state === 'active') }),
      };
    }
    const burned = renderedKeys(world.keyring).map(({ kid }) => kid);
    world.bucket.frozen = true;
    const report = await world.burn({ kids: 'all' });
    expect(report.signing).toBeUndefined();
    await expect(world.signer().sign(world.request())).rejects.toMatchObject({ code: 'no_active_key' });
    expect([...published(world)].some((kid) => burned.includes(kid as string))).toBe(false);
    expect(published(world).size).toBeGreaterThan(0);
    world.bucket.frozen = false;
    await world.tick();
    expect(activeKey(world.keyring)?.leadWaived).toBe('burn');
    expect((await world.signer().sign(world.request())).kid).toBe(active(world));
  });

  test('the burn waits for the edge, so that nobody waits for the next tick', async () => {
    const world = await settled();
    const at = world.now;
    world.bucket.frozen = true;
    world.intercept = () => {
      if (world.now > at + 5) world.bucket.frozen = false;
    };
    const report = await world.burn({ kids: 'all' });
    expect(report.signing).toBe(active(world));
    expect(world.now - at).toBeLessThan(20);
  });

  test('the document is never empty: until the fresh key exists the old one stays', async () => {
    const world = await settled();
    const burned = active(world);
    world.intercept = ({ name, phase }) => {
      if (name === 'keys.create' && phase === 'before') throw new Error('KMS is away');
    };
    const report = await world.burn({ kids: 'all' });
    expect(report.removedAt).toBeUndefined();
    expect(report.exposure).toEqual([]);
    expect(published(world).has(burned)).toBe(true);
    expect(world.kms.stored.get(keyArn(world, burned))?.enabled).toBe(false);
    world.intercept = undefined;
    await world.tick();
    expect(published(world).has(burned)).toBe(false);
    expect(published(world).size).toBeGreaterThan(0);
  });
});

describe('other keys', () => {
  test('a pending key that is burned takes nobody out of work, and a fresh kid still signs soon', async () => {
    const world = await settled();
    const [burned, before] = [standby(world), active(world)];
    const report = await world.burn({ kids: [burned] });
    expect(state(world, burned)).toBe('compromised');
    expect(state(world, before)).toBe('grace');
    expect(report.signing).toBe(active(world));
  });

  test('an intent that is open already serves: nobody has seen its key', async () => {
    const world = await settled();
    world.now += 90 * DAY;
    world.intercept = ({ name, phase }) => {
      if (name === 'keys.create' && phase === 'before') throw new Error('told to');
    };
    await world.tick();
    const { intent } = world.keyring;
    expect(intent).toBeDefined();
    await world.burn({ kids: [active(world)] });
    expect(world.keyring.intent).toEqual(intent);
    world.intercept = undefined;
    await world.tick();
    expect(world.keyring.intent?.id).not.toBe(intent?.id);
    expect(world.keyring.flush).toBeUndefined();
  });

  test('a key in grace that is burned leaves at once', async () => {
    const world = await settled();
    const old = active(world);
    await world.rotateNow();
    await world.burn({ kids: [old] });
    expect(published(world).has(old)).toBe(false);
  });

  test('a retained key is burned all the same', async () => {
    const world = await settled();
    const kid = active(world);
    world.keyrings.item = {
      revision: 99,
      text: JSON.stringify({
        ...world.keyring,
        keys: world.keyring.keys.map((key) => (key.kid === kid ? { ...key, retained: true } : key)),
      }),
    };
    await world.burn({ kids: [kid] });
    expect(state(world, kid)).toBe('compromised');
  });

  test('an unknown kid is refused by name and changes nothing', async () => {
    const world = await settled();
    const before = world.keyrings.item;
    await expect(world.burn({ kids: ['nobody'] })).rejects.toMatchObject({
      code: 'transition_refused',
      message: expect.stringContaining('key nobody is not in the keyring: it holds'),
    });
    expect(world.keyrings.item).toBe(before);
  });

  test('a key that is burned twice is burned once', async () => {
    const world = await settled();
    const kid = active(world);
    await world.burn({ kids: [kid] });
    const signing = active(world);
    await world.burn({ kids: [kid] });
    expect(active(world)).toBe(signing);
  });

  test('nothing to burn yet', async () => {
    await expect(new World().burn()).rejects.toMatchObject({ code: 'keyring_missing' });
  });
});

describe('all of them', () => {
  test.each([
    ['the answer of the save is lost', 'after'],
    ['the burn is asked for again', 'before'],
  ])('are not removed while the document holds one: %s', async (_, lost) => {
    const world = await settled();
    const burned = renderedKeys(world.keyring).map(({ kid }) => kid);
    let isLost = lost === 'before';
    world.intercept = ({ name, phase }) => {
      if (name === 'keys.create' && phase === 'before') throw new KeyturnError('throttled', 'told to');
      if (name !== 'store.save' || phase !== 'after' || isLost) return;
      isLost = true;
      throw new Error('the answer is lost');
    };
    if (lost === 'before') await world.burn({ kids: 'all' });
    const report = await world.burn({ kids: 'all' });
    expect(new Set(report.burned)).toEqual(new Set(burned));
    expect(burned.every((kid) => published(world).has(kid))).toBe(true);
    expect(report.removedAt).toBeUndefined();
    expect(report.exposure).toEqual([]);
    world.intercept = undefined;
    await world.tick();
    expect(burned.some((kid) => published(world).has(kid))).toBe(false);
  });

  test('are burned once: when none is left there is nothing to burn', async () => {
    const world = await settled();
    world.intercept = ({ name, phase }) => {
      if (name === 'keys.publicKey' && phase === 'before') throw new KeyturnError('key_not_visible', 'told to');
    };
    await world.burn({ kids: 'all' });
    world.bucket.objects.delete(JWKS);
    await expect(world.burn({ kids: 'all' })).rejects.toMatchObject({ code: 'transition_refused' });
  });

  test('a key that was burned by itself and is still published does not count as removed with another', async () => {
    const world = await settled();
    const [first, second] = [active(world), standby(world)];
    world.intercept = ({ name, phase }) => {
      if (name === 'publisher.write' && phase === 'before') throw new Error('told to');
    };
    await world.burn({ kids: [first] });
    const report = await world.burn({ kids: [second] });
    expect(report.removedAt).toBeUndefined();
  });
});

describe('against the odds', () => {
  test('a table and a KMS that each fail once hold up nothing', async () => {
    const world = await settled();
    const burned = active(world);
    const failed = new Set<string>();
    world.intercept = ({ name, phase }) => {
      if (!['store.save', 'keys.disable'].includes(name) || phase !== 'before' || failed.has(name)) return;
      failed.add(name);
      throw new KeyturnError('throttled', 'told to');
    };
    const report = await world.burn({ kids: [burned] });
    expect(failed.size).toBe(2);
    expect(report.removedAt).toBeDefined();
    expect(state(world, burned)).toBe('compromised');
    expect(world.kms.stored.get(keyArn(world, burned))?.enabled).toBe(false);
  });

  test('with the table away, one key that cannot be disabled keeps no other one enabled, and is tried again', async () => {
    const world = await settled();
    const arns = renderedKeys(world.keyring).map(({ keyArn: arn }) => arn);
    let refusals = 3;
    world.intercept = ({ name, phase }) => {
      if (name === 'store.save' && phase === 'before') throw new Error('told to');
      if (name === 'keys.disable' && phase === 'before' && refusals-- > 0)
        throw new KeyturnError('throttled', 'told to');
    };
    await expect(world.burn({ kids: 'all' })).rejects.toMatchObject({
      code: 'burn_not_saved',
      message: expect.stringContaining('2 KMS keys are disabled'),
    });
    expect(arns.map((arn) => world.kms.stored.get(arn)?.enabled)).toEqual([false, false]);
  });

  test('with table and KMS away, nobody is told that nobody can forge', async () => {
    const world = await settled();
    world.intercept = ({ name, phase }) => {
      if (name === 'store.save' && phase === 'before') throw new Error('told to');
      if (name === 'keys.disable' && phase === 'before') throw new Error('told to');
    };
    await expect(world.burn({ kids: [active(world)] })).rejects.toThrow(/no KMS key could be disabled/);
  });

  test('a burn that loses a race against ticks reads again until it is saved', async () => {
    const world = await settled();
    const burned = active(world);
    let races = 0;
    world.intercept = ({ name, phase }) => {
      if (name === 'keys.disable' && phase === 'before') expect(state(world, burned)).toBe('compromised');
      if (name !== 'store.save' || phase !== 'before' || races >= 10) return;
      races++;
      const { item } = world.keyrings;
      if (item) world.keyrings.item = { ...item, revision: item.revision + 1 };
    };
    await world.burn({ kids: [burned] });
    expect(races).toBe(10);
    expect(state(world, burned)).toBe('compromised');
  });

  test.each(['store.save', 'store.load'])(
    'when %s fails, the KMS key is disabled anyway, and the burn says so',
    async (broken) => {
      const world = await settled();
      const burned = active(world);
      const arn = keyArn(world, burned);
      world.intercept = ({ name, phase }) => {
        if (name === broken && phase === 'before') throw new KeyturnError('keyring_unreadable', 'told to');
      };
      await expect(world.burn({ kids: [burned] })).rejects.toMatchObject({
        code: 'burn_not_saved',
        message: expect.stringContaining('1 KMS keys are disabled'),
      });
      expect(world.kms.stored.get(arn)?.enabled).toBe(false);
    },
  );

  test.each(['publisher.read', 'edge.fetch', 'keys.tagged', 'keys.create', 'publisher.invalidate'])(
    'when %s fails the key is compromised and disabled, and the next tick does the rest',
    async (broken) => {
      const world = await settled();
      const burned = active(world);
      world.intercept = ({ name, phase }) => {
        if (name === broken && phase === 'before') throw new Error('told to');
      };
      const report = await world.burn({ kids: [burned] });
      expect(report.holds.length).toBeGreaterThan(0);
      expect(world.kms.stored.get(keyArn(world, burned))?.enabled).toBe(false);
      world.intercept = undefined;
      for (let tick = 0; tick < 3; tick++) await world.tick();
      expect(published(world).has(burned)).toBe(false);
      expect(active(world)).not.toBe(burned);
    },
  );

  test('a clock that is off hinders neither the save, nor the disabling, nor the publication', async () => {
    const world = await settled();
    const burned = active(world);
    world.rotatorSkew = 3600;
    const report = await world.burn({ kids: [burned] });
    expect(report.removedAt).toBeDefined();
    expect(report.holds[0]?.why).toContain('clock');
    expect(published(world).has(burned)).toBe(false);
    expect(world.kms.stored.get(keyArn(world, burned))?.enabled).toBe(false);
  });

  test('over a restored table it burns what the document holds, and the rotation goes on', async () => {
    const world = await settled();
    const backup = world.keyrings.item;
    await world.pass(91 * DAY);
    const live = active(world);
    world.keyrings.item = backup;
    await expect(world.tick()).rejects.toMatchObject({ code: 'document_newer' });
    await world.burn({ kids: [live] });
    expect(published(world).has(live)).toBe(false);
    expect((await world.tick()).holds).toEqual([]);
  });

  test('a tick that was about to publish the burned key is too late', async () => {
    const world = await settled();
    await world.rotateNow();
    const burned = world.keyring.keys.find((key) => key.state === 'grace')?.kid ?? '';
    world.now += 90 * DAY;
    let done = false;
    world.intercept = async ({ name, phase }) => {
      if (name !== 'publisher.write' || phase !== 'before' || done) return;
      done = true;
      await world.burn({ kids: [burned] });
    };
    await world.tick();
    world.intercept = undefined;
    await world.tick();
    expect(published(world).has(burned)).toBe(false);
  });
});

describe('the answer', () => {
  test('names both costs, by verifier, until when', async () => {
    const world = await settled({ verifiers: ['jose', 'aws-jwt-verify', 'envoy', 'get-jwks'] });
    const { exposure, removedAt = 0 } = await world.burn({ kids: [active(world)], flush: true });
    const edge = 300 + 60 + 3600;
    expect(exposure).toEqual([
      expect.objectContaining({ verifier: 'jose', acceptsBurnedUntil: removedAt + edge + 600 + 600 }),
      expect.objectContaining({ verifier: 'aws-jwt-verify', acceptsBurnedUntil: 'fresh-kid' }),
      expect.objectContaining({
        verifier: 'envoy',
        acceptsBurnedUntil: removedAt + edge + 600 + 600,
        rejectsFreshUntil: removedAt + edge + 600 + 600,
      }),
      expect.objectContaining({ verifier: 'get-jwks', acceptsBurnedUntil: 'restart' }),
    ]);
  });

  test('without --flush nobody rejects the fresh key', async () => {
    const world = await settled({ verifiers: ['envoy'] });
    const { exposure } = await world.burn({ kids: [active(world)] });
    expect(exposure[0]).not.toHaveProperty('rejectsFreshUntil');
  });

  test('soon after a rotation says who may reject the standby that signs, until when', async () => {
    const exposed = async (age: number, flush: boolean) => {
      const world = await settled({ verifiers: ['envoy', 'jose'] });
      const { observedAt = 0 } = world.keyring.keys.find(({ state }) => state === 'pending') as PendingKey;
      world.now = observedAt + age;
      const { exposure } = await world.burn({ kids: [active(world)], flush });
      return exposure.map(({ rejectsStandbyUntil: until }) => until && Math.round(until - observedAt));
    };
    const blind = 300 + 60 + 3600 + 600 + 600;
    expect(await exposed(60, false)).toEqual([blind, expect.any(Number)]);
    expect(await exposed(blind - 1, false)).toEqual([blind, undefined]);
    expect(await exposed(blind + 1, false)).toEqual([undefined, undefined]);
    // The fresh key signs at once, and its own column says what that costs.
    expect(await exposed(60, true)).toEqual([undefined, undefined]);
  });
});
