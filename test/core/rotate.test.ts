import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { KeyturnError } from '../../lib/core/errors.ts';
import { documentPaths } from '../../lib/core/issuer.ts';
import { jwkFromSpki } from '../../lib/core/jwk.ts';
import { readJwks } from '../../lib/core/jwks.ts';
import { activeKey, type GraceKey, pendingKeys } from '../../lib/core/keyring.ts';
import { graceEnd, orphanAge } from '../../lib/core/policy.ts';
import { recover } from '../../lib/core/recover.ts';
import type { TickReport } from '../../lib/core/rotate.ts';
import { releaseKey, retainKey } from '../../lib/core/wishes.ts';
import { World } from '../../lib/simulator/world.ts';

const DAY = 86_400;
const HOUR = 3600;
const kinds = ({ steps }: TickReport) => steps.map(({ step }) => step);
const held = ({ holds }: TickReport) => holds.map(({ kind }) => kind);
const JWKS = documentPaths('https://auth.example.com').jwks;

async function settled(settings: Record<string, unknown> = {}): Promise<World> {
  const world = new World(settings);
  await world.tick();
  return world;
}
const active = (world: World) => activeKey(world.keyring)?.kid;
const graceKey = (world: World) => world.keyring.keys.find((key) => key.state === 'grace') as GraceKey;
const standby = (world: World) => pendingKeys(world.keyring)[0]?.kid;

async function verify(world: World, token: string) {
  const { body } = await world.bucket.fetch(JWKS);
  return jwtVerify(token, createLocalJWKSet(JSON.parse(body) as JSONWebKeySet), {
    currentDate: new Date(world.now * 1000),
  });
}

describe('first deployment', () => {
  test('one tick makes, publishes, observes and activates the first key, and a standby', async () => {
    const world = new World();
    const report = await world.tick();
    expect(kinds(report)).toEqual([
      'intend',
      'create',
      'publish',
      'observe',
      'activate',
      'intend',
      'create',
      'publish',
      'observe',
    ]);
    expect(report.holds).toEqual([]);
    expect(activeKey(world.keyring)?.leadWaived).toBe('first-deployment');
    expect((await world.tick()).steps).toEqual([]);
  });

  test('a published document without a keyring is a lost table, not a first deployment', async () => {
    const world = await settled();
    world.keyrings.item = undefined;
    await expect(world.tick()).rejects.toMatchObject({ code: 'document_newer' });
    expect(world.keyrings.item).toBeUndefined();
  });

  test('a key that was not in the first document waits for its lead, even when none has ever signed', async () => {
    const world = new World();
    world.intercept = ({ name, phase }) => {
      if (name === 'signer.sign' && phase === 'before') throw new KeyturnError('key_unusable', 'told to');
    };
    for (let tick = 0; tick < 4; tick++) await world.tick();
    world.intercept = undefined;
    const report = await world.tick();
    expect(active(world)).toBeUndefined();
    expect(held(report)).toContain('rotation');
    await world.pass(25 * HOUR);
    expect(activeKey(world.keyring)).toMatchObject({ sinceVersion: 2 });
    expect(activeKey(world.keyring)?.leadWaived).toBeUndefined();
  });
});

describe('rotation', () => {
  test('happens at the period, one second before it does not', async () => {
    const world = await settled();
    const first = active(world);
    world.now += 90 * DAY - 1;
    expect(kinds(await world.tick())).toEqual([]);
    world.now += 1;
    const next = standby(world);
    expect(kinds(await world.tick())).toEqual(['activate', 'end', 'intend', 'create', 'publish', 'observe']);
    expect(active(world)).toBe(next);
    expect(active(world)).not.toBe(first);
  });

  test('waits for the lead, counted from the observation', async () => {
    const world = await settled();
    const { observedAt } = pendingKeys(world.keyring)[0] ?? {};
    expect(observedAt).toBe(world.now);
    expect(held(await world.rotateNow())).toEqual(['rotation']);
    world.now += 24 * HOUR - 1;
    expect(kinds(await world.tick())).toEqual([]);
    world.now += 1;
    expect(kinds(await world.tick())).toContain('activate');
    expect(world.keyring.rotationRequested).toBeUndefined();
  });

  test('holds while the edge does not serve the standby, and says so', async () => {
    const world = new World();
    await world.tick();
    world.bucket.frozen = true;
    const before = active(world);
    await world.pass(91 * DAY);
    // The standby of the first day is still served; the one made after the rotation is not seen.
    expect(active(world)).not.toBe(before);
    const second = active(world);
    await world.pass(95 * DAY);
    expect(active(world)).toBe(second);
    const report = await world.tick();
    expect(held(report)).toEqual(['rotation', 'edge']);
    world.bucket.frozen = false;
    await world.pass(25 * HOUR);
    expect(active(world)).not.toBe(second);
  });

  test('holds when the edge lets caches keep the document for longer than the policy counts on', async () => {
    const world = new World();
    const original = world.bucket.fetch.bind(world.bucket);
    world.bucket.fetch = async (path) => ({ ...(await original(path)), cacheControl: 'public, max-age=86400' });
    const report = await world.tick();
    expect(kinds(report)).toEqual(['intend', 'create', 'publish']);
    expect(held(report)).toContain('edge');
    expect(active(world)).toBeUndefined();
  });

  test('keeps to the activation window, unless a person asks', async () => {
    const world = await settled({ activationWindow: 'Tue-Thu 09:00-15:00 UTC' });
    await world.pass(90 * DAY);
    while (active(world) !== undefined && kinds(await world.tick()).length === 0) world.now += 900;
    const at = new Date(world.now * 1000);
    expect(['Tue', 'Wed', 'Thu']).toContain(at.toUTCString().slice(0, 3));
    expect(at.getUTCHours()).toBe(9);
    world.now += 2 * DAY + 12 * HOUR; // a night
    expect(kinds(await world.rotateNow())).toContain('activate');
  });

  test('tokens verify before, over and after it, and the key leaves only when the last of them is dead', async () => {
    const world = await settled();
    const signer = world.signer();
    await world.pass(89 * DAY + 23 * HOUR);
    const old = active(world);
    await signer.sign(world.request());
    world.now += HOUR + 1;
    await world.tick();
    // A signer that has read the keyring just before goes on for its cache: its last token is the longest-lived.
    const last = await world.signer().sign(world.request({ expiresIn: 3600 }));
    expect(last.kid).toBe(active(world));
    const { endedAt, maxTokenLifetime } = world.keyring.keys.find((key) => key.kid === old) as never as {
      endedAt: number;
      maxTokenLifetime: number;
    };
    const end = graceEnd(world.policy, { endedAt, maxTokenLifetime });
    world.now = end - 1;
    expect(kinds(await world.tick())).toEqual([]);
    world.now = end;
    expect(kinds(await world.tick())).toEqual(['retire', 'publish', 'destroy']);
    const kms = [...world.kms.stored.values()].filter((key) => key.deletionAt !== undefined);
    expect(kms).toHaveLength(1);
    expect(kms[0]?.enabled).toBe(false);
  });

  test('keeps a key for what its tokens were promised, when the policy has shrunk meanwhile', async () => {
    const long = await settled({ maxTokenLifetime: '8h', grace: '9h' });
    const { token } = await long.signer().sign(long.request({ expiresIn: 8 * HOUR }));
    long.policy = new World({ maxTokenLifetime: '5m', tokenLifetime: '5m', grace: '1h' }).policy;
    long.now += 25 * HOUR;
    await long.rotateNow();
    const signedLate = long.now;
    await long.pass(7 * HOUR);
    expect((await long.tick()).steps).toEqual([]);
    expect(long.keyring.keys.filter((key) => key.state === 'grace')).toHaveLength(1);
    await long.pass(3 * HOUR);
    expect(long.keyring.keys.filter((key) => key.state === 'grace')).toHaveLength(0);
    expect(long.now - signedLate).toBeGreaterThan(8 * HOUR);
    expect(token).toBeTruthy();
  });

  test('a rising lifetime is recorded on the active key, a falling one is not', async () => {
    const world = await settled();
    world.policy = { ...world.policy, maxTokenLifetime: 2 * HOUR };
    expect(kinds(await world.tick())).toEqual(['raise', 'publish']);
    world.policy = { ...world.policy, maxTokenLifetime: HOUR };
    expect(kinds(await world.tick())).toEqual([]);
    expect(activeKey(world.keyring)?.maxTokenLifetime).toBe(2 * HOUR);
  });

  test('a table that is restored to before a raise is noticed', async () => {
    const world = await settled();
    const backup = world.keyrings.item;
    world.policy = { ...world.policy, maxTokenLifetime: 2 * HOUR };
    await world.tick();
    world.keyrings.item = backup;
    await expect(world.tick()).rejects.toMatchObject({ code: 'document_newer' });
  });

  test('changes the algorithm as an ordinary rotation, and back', async () => {
    const world = await settled();
    for (const algorithm of ['EdDSA', 'ES256'] as const) {
      world.policy = { ...world.policy, algorithm };
      const report = await world.tick();
      expect(kinds(report)).toEqual(['intend', 'create', 'publish', 'observe', 'retire', 'publish', 'destroy']);
      await world.pass(91 * DAY);
      expect(activeKey(world.keyring)?.algorithm).toBe(algorithm);
      const { token } = await world.signer().sign(world.request());
      expect((await verify(world, token)).protectedHeader.alg).toBe(algorithm);
    }
  });

  test('two hundred rotations leave a small keyring', async () => {
    const world = await settled({ rotationPeriod: '26h', tick: '1h', grace: '2h' });
    for (let rotation = 0; rotation < 200; rotation++) {
      world.now += 26 * HOUR;
      await world.tick();
    }
    expect(world.keyring.history.length).toBeGreaterThan(160);
    expect(world.keyrings.item?.text.length).toBeLessThan(22_000);
  });
});

describe('canary', () => {
  test('a standby whose canary fails does not sign, and after three failures leaves for another', async () => {
    const world = await settled();
    const bad = standby(world);
    world.intercept = ({ name, phase }) => {
      if (name === 'signer.sign' && phase === 'before') throw new KeyturnError('key_unusable', 'told to');
    };
    world.now += 90 * DAY;
    for (let failures = 1; failures <= 3; failures++) {
      const report = await world.tick();
      expect(held(report)).toContain('step');
      const failing = pendingKeys(world.keyring).find((key) => key.kid === bad);
      expect(failing?.canaryFailures).toBe(failures < 3 ? failures : undefined);
      world.now += 900;
    }
    world.intercept = undefined;
    expect(pendingKeys(world.keyring)).toHaveLength(1);
    await world.pass(25 * HOUR);
    expect(active(world)).not.toBe(bad);
    expect(world.log.filter(({ event, step }) => event === 'step' && step === 'activate')).toHaveLength(2);
  });

  test('a canary that does not verify against what the edge serves keeps the standby from signing', async () => {
    const world = await settled();
    const [before, next] = [active(world), pendingKeys(world.keyring)[0]];
    const stored = world.kms.stored.get(next?.keyArn ?? '');
    const another = [...world.kms.stored.values()].find(({ keyArn }) => keyArn !== next?.keyArn);
    // KMS answers with a signature that is none of this key.
    if (stored && another) Object.assign(stored, { privateKey: another.privateKey });
    world.now += 90 * DAY;
    const report = await world.tick();
    expect(report.holds[0]?.why).toContain('does not verify against the JWKS that the edge serves');
    expect(active(world)).toBe(before);
  });

  test('a signer that is away is no reason to give up a key', async () => {
    const world = await settled();
    const key = standby(world);
    world.now += 90 * DAY;
    world.intercept = ({ name }) => {
      if (name === 'signer.sign') throw new KeyturnError('throttled', 'told to');
    };
    for (let tick = 0; tick < 5; tick++) await world.tick();
    world.intercept = undefined;
    await world.tick();
    expect(active(world)).toBe(key);
  });
});

describe('what others do', () => {
  test('an active key that somebody disabled gives way to the standby, with an alarm', async () => {
    const world = await settled();
    world.now += 2 * DAY;
    const before = activeKey(world.keyring);
    const stored = world.kms.stored.get(before?.keyArn ?? '');
    if (stored) stored.enabled = false;
    const report = await world.tick();
    expect(kinds(report)[0]).toBe('activate');
    expect(report.steps[0]?.why).toContain('is unusable in KMS');
    expect(active(world)).not.toBe(before?.kid);
    expect(report.holds).toEqual([{ kind: 'active-key', why: `active key ${before?.kid} is unusable in KMS` }]);
    expect((await world.tick()).holds).toEqual([]);
  });

  test('an edge that serves a key more under the same version is said', async () => {
    const world = await settled();
    const fetch = world.bucket.fetch.bind(world.bucket);
    world.bucket.fetch = async (path) => {
      const answer = await fetch(path);
      const document = JSON.parse(answer.body);
      return {
        ...answer,
        body: JSON.stringify({ ...document, keys: [...document.keys, { kty: 'EC', kid: 'mallory' }] }),
      };
    };
    const { holds } = await world.tick();
    expect(holds).toEqual([{ kind: 'edge', why: 'the edge serves version 2 with other contents than the bucket' }]);
  });

  test('a disabled active key without a ready standby is held and said', async () => {
    const world = await settled();
    world.now += HOUR;
    const stored = world.kms.stored.get(activeKey(world.keyring)?.keyArn ?? '');
    if (stored) stored.enabled = false;
    expect(held(await world.tick())).toEqual(['active-key', 'rotation']);
  });

  test('a standby that somebody disabled is said, another one is made, and it leaves when that one stands by', async () => {
    const world = await settled();
    world.now += 2 * DAY;
    await world.tick();
    const bad = pendingKeys(world.keyring)[0];
    const stored = world.kms.stored.get(bad?.keyArn ?? '');
    if (stored) stored.enabled = false;
    const report = await world.tick();
    expect(report.holds).toEqual([{ kind: 'standby-key', why: `pending key ${bad?.kid} is unusable in KMS` }]);
    expect(kinds(report)).toEqual(['intend', 'create', 'publish', 'observe', 'retire', 'publish', 'destroy']);
    expect(pendingKeys(world.keyring).map(({ kid }) => kid)).not.toContain(bad?.kid);
    expect(world.keyring.keys.find(({ kid }) => kid === bad?.kid)).toMatchObject({ reason: 'unusable in KMS' });
    const next = standby(world);
    await world.pass(90 * DAY);
    expect(active(world)).toBe(next);
  });

  test('a standby that is enabled again while another one is made stays beside it', async () => {
    const world = await settled();
    const bad = pendingKeys(world.keyring)[0];
    const stored = world.kms.stored.get(bad?.keyArn ?? '');
    if (stored) stored.enabled = false;
    world.intercept = ({ name, phase }) => {
      if (name === 'keys.create' && phase === 'before') throw new Error('told to');
    };
    await world.tick();
    expect(standby(world)).toBe(bad?.kid);
    if (stored) stored.enabled = true;
    world.intercept = undefined;
    await world.tick();
    // Both can sign: the younger one does first, and the older one stands by after it.
    expect(pendingKeys(world.keyring)).toHaveLength(2);
    expect((await world.tick()).steps).toEqual([]);
  });

  test('a burned key that somebody enabled again is disabled once more, and that is said', async () => {
    const world = await settled();
    const burned = active(world) ?? '';
    await world.burn({ kids: [burned] });
    const keyArn = world.keyring.keys.find(({ kid }) => kid === burned)?.keyArn ?? '';
    const stored = world.kms.stored.get(keyArn);
    if (stored) stored.enabled = true;
    const report = await world.tick();
    expect(report.holds).toEqual([{ kind: 'burned-key', why: `burned key ${burned} is enabled in KMS again` }]);
    expect(kinds(report)).toEqual(['disable']);
    expect(stored?.enabled).toBe(false);
    expect((await world.tick()).holds).toEqual([]);
  });

  test.each(['deleted', 'edited', 'rolled back'])(
    'a document that was %s is put back, and the lead begins anew',
    async (how) => {
      const world = await settled();
      world.now += 23 * HOUR;
      const stored = world.bucket.objects.get(JWKS);
      const parsed = JSON.parse(stored?.body ?? '') as { keys: object[]; documentVersion: number };
      if (how === 'deleted') world.bucket.objects.delete(JWKS);
      else {
        const documentVersion = how === 'edited' ? parsed.documentVersion : parsed.documentVersion - 1;
        const body = JSON.stringify({ keys: parsed.keys.slice(0, 1), documentVersion });
        world.bucket.objects.set(JWKS, { ...(stored as NonNullable<typeof stored>), body, etag: '"foreign"' });
      }
      const report = await world.tick();
      expect(kinds(report).slice(0, 2)).toEqual(['unobserve', 'publish']);
      expect(world.bucket.objects.get(JWKS)?.body).toBe(stored?.body);
      const { observedAt } = pendingKeys(world.keyring)[0] ?? {};
      expect(observedAt === undefined || observedAt === world.now).toBe(true);
    },
  );

  test('a gap that could not be put on record stays to be seen', async () => {
    const world = await settled();
    const stored = world.bucket.objects.get(JWKS) as NonNullable<ReturnType<typeof world.bucket.objects.get>>;
    const { keys, ...rest } = JSON.parse(stored.body) as { keys: object[] };
    world.bucket.objects.set(JWKS, { ...stored, body: JSON.stringify({ keys: keys.slice(0, 1), ...rest }), etag: '1' });
    world.intercept = ({ name }) => {
      if (name === 'store.save') throw new KeyturnError('throttled', 'told to');
    };
    expect(kinds(await world.tick())).toEqual([]);
    world.intercept = undefined;
    world.now += HOUR;
    expect(kinds(await world.tick()).slice(0, 3)).toEqual(['unobserve', 'publish', 'observe']);
    expect(pendingKeys(world.keyring)).toMatchObject([{ observedAt: world.now }]);
  });

  test('a restored table stops everything', async () => {
    const world = await settled();
    const backup = world.keyrings.item;
    await world.pass(91 * DAY);
    const live = [...world.kms.stored.values()].filter((key) => key.enabled).length;
    world.keyrings.item = backup;
    await expect(world.tick()).rejects.toMatchObject({ code: 'document_newer' });
    expect([...world.kms.stored.values()].filter((key) => key.enabled)).toHaveLength(live);
    expect(world.keyrings.item).toBe(backup);
  });

  test('a clock that is off by more than the skew decides nothing', async () => {
    const world = await settled();
    world.now += 90 * DAY;
    for (const skew of [302, -302]) {
      world.rotatorSkew = skew;
      await expect(world.tick()).rejects.toMatchObject({ code: 'clock_skewed' });
    }
    world.rotatorSkew = 300;
    expect(kinds(await world.tick())).toContain('activate');
  });

  test.each([
    ['activate', 3600],
    ['retire', 3600],
  ] as const)('a clock that jumps within a tick, by more than the skew, decides nothing: %s', async (kind, jump) => {
    const world = await settled();
    await world.pass(91 * DAY);
    const due = kind === 'activate' ? world.now + 90 * DAY : graceEnd(world.policy, graceKey(world));
    world.now = due - jump / 2;
    world.intercept = ({ name, phase }) => {
      if (name === 'publisher.read' && phase === 'after') world.rotatorSkew = jump;
    };
    const report = await world.tick();
    expect(kinds(report)).not.toContain(kind);
    expect(report.holds).toContainEqual(expect.objectContaining({ step: kind, code: 'clock_skewed' }));
  });

  test('an edge that a crash left behind the bucket is told again, once a tick', async () => {
    const world = await settled();
    await world.bucket.fetch(JWKS);
    world.now += 1;
    let invalidations = 0;
    world.intercept = ({ name, phase }) => {
      if (name !== 'publisher.invalidate' || phase !== 'before') return;
      invalidations++;
      if (invalidations === 1) throw new Error('the process dies');
    };
    world.policy = { ...world.policy, algorithm: 'EdDSA' };
    const crashed = await world.tick();
    expect(held(crashed)).toEqual(['step']);
    expect(pendingKeys(world.keyring).find(({ algorithm }) => algorithm === 'EdDSA')?.observedAt).toBeUndefined();
    const report = await world.tick();
    expect(kinds(report).slice(0, 2)).toEqual(['invalidate', 'observe']);
    expect(invalidations).toBeGreaterThan(1);
  });

  test('a document without a cache header of ours is mended', async () => {
    const world = await settled();
    const stored = world.bucket.objects.get(JWKS);
    if (stored) world.bucket.objects.set(JWKS, { ...stored, cacheControl: undefined });
    expect(kinds(await world.tick())).toContain('publish');
    expect(world.bucket.objects.get(JWKS)?.cacheControl).toBe(stored?.cacheControl);
  });
});

describe('orphans', () => {
  test('a key left by a crash is taken over while its intent is open', async () => {
    const world = new World();
    world.intercept = ({ name, phase }) => {
      if (name === 'keys.create' && phase === 'after') throw new Error('the answer was lost');
    };
    await world.tick();
    expect(world.kms.stored.size).toBe(1);
    world.intercept = undefined;
    const report = await world.tick();
    expect(kinds(report)[0]).toBe('adopt');
    expect(world.kms.stored.size).toBe(2); // the first key and its standby
  });

  test('a key of a closed intent is deleted once no tick can still be about to save it', async () => {
    const world = await settled();
    const keyArn = await world.kms.create({ id: `${world.keyring.id}.left`, algorithm: 'ES256', openedAt: world.now });
    world.now += orphanAge(world.policy);
    expect(kinds(await world.tick())).toEqual([]);
    world.now += 1;
    expect(kinds(await world.tick())).toEqual(['sweep']);
    expect(world.kms.stored.get(keyArn)?.deletionAt).toBeDefined();
  });

  test('a key of an open intent is not swept, however old it is', async () => {
    const world = await settled();
    world.now += 90 * DAY;
    world.intercept = ({ name }) => {
      if (name === 'keys.publicKey') throw new KeyturnError('key_not_visible', 'told to');
    };
    for (let tick = 0; tick < 10; tick++) {
      await world.tick();
      world.now += 900;
    }
    expect([...world.kms.stored.values()].filter((key) => key.enabled)).toHaveLength(3);
  });

  test("another keyring's keys are left alone, whatever their tag says", async () => {
    const world = await settled();
    const keyArn = await world.kms.create({ id: 'another.left', algorithm: 'ES256', openedAt: world.now });
    await world.pass(10 * DAY);
    expect(world.kms.stored.get(keyArn)?.enabled).toBe(true);
  });

  test('a fault that makes keys again and again meets a cap', async () => {
    const world = await settled();
    world.now += 90 * DAY;
    world.intercept = ({ name }) => {
      // KMS never shows the new keys' public halves: every tick makes another key, once the first had time to show.
      if (name === 'keys.publicKey') throw new KeyturnError('key_not_visible', 'told to');
    };
    const tagged = world.kms.tagged.bind(world.kms);
    world.kms.tagged = async () => (await tagged()).map((key) => ({ ...key, genuine: false }));
    for (let tick = 0; tick < 30; tick++) {
      await world.tick();
      world.now += 900;
    }
    expect(world.kms.stored.size).toBe(12);
    expect(held(await world.tick())).toContain('key-cap');
  });

  test('a key that KMS does not let us see yet is made once, however often a tick looks for it', async () => {
    const world = new World();
    let isVisible = false;
    world.intercept = ({ name }) => {
      if (name === 'keys.publicKey' && !isVisible) throw new KeyturnError('key_not_visible', 'tags take five minutes');
    };
    // Nor does the index of tags show it.
    world.kms.tagged = async () => [];
    for (let tick = 0; tick < 30; tick++) {
      expect(held(await world.tick())).toContain('step');
      world.now += 10;
    }
    expect(world.kms.stored.size).toBe(1);
    isVisible = true;
    await world.tick();
    expect(activeKey(world.keyring)?.keyArn).toBe([...world.kms.stored.keys()][0]);
    expect(world.keyring.intent).toBeUndefined();
  });
});

test('a tick whose look comes after another tick has published takes that for no restored table', async () => {
  const world = await settled();
  world.now += 90 * DAY;
  let inside: Promise<TickReport> | undefined;
  world.intercept = async ({ name, phase }) => {
    if (name !== 'publisher.read' || phase !== 'before' || inside) return;
    inside = world.tick();
    await inside;
  };
  const report = await world.tick();
  expect(kinds((await inside) as TickReport)).toContain('publish');
  expect(report.holds).toEqual([]);
});

test('a tick that loses a race leaves everything to the winner', async () => {
  const world = await settled();
  world.now += 90 * DAY;
  let inside: Promise<TickReport> | undefined;
  world.intercept = async ({ name, phase }) => {
    if (name !== 'store.save' || phase !== 'before' || inside) return;
    inside = world.tick();
    await inside;
  };
  const report = await world.tick();
  expect(report.steps).toEqual([]);
  expect(report.holds).toEqual([expect.objectContaining({ kind: 'step', why: expect.stringContaining('revision') })]);
  expect(kinds((await inside) as TickReport)).toContain('activate');
  expect(world.keyring.keys.filter((key) => key.state === 'active')).toHaveLength(1);
});

test('every step and hold leaves one line, with kids and versions', async () => {
  const world = await settled();
  expect(world.log[0]).toEqual({
    event: 'step',
    at: world.now,
    issuer: 'https://auth.example.com',
    revision: 2,
    documentVersion: 0,
    kids: [],
    step: 'intend',
    why: 'there is no ES256 standby',
  });
  expect(world.log.at(-1)).toMatchObject({
    step: 'observe',
    kid: standby(world),
    documentVersion: 2,
    kids: [active(world), standby(world)],
    signing: active(world),
    tokenLifetime: 3600,
    leadWaived: 'first-deployment',
  });
});

describe('two stacks on one table', () => {
  test('only the one that founded the keyring rotates; the other says so, and signing goes on', async () => {
    const world = await settled();
    const before = world.keyrings.item;
    world.now += 100 * DAY;
    Object.assign(world.bucket, { home: 'another' });
    await expect(world.tick()).rejects.toMatchObject({
      code: 'keyring_elsewhere',
      message: expect.stringContaining('publishes to simulated, this rotator to another'),
    });
    expect(world.keyrings.item).toBe(before);
    await world.signer().sign(world.request());
  });

  test('recover moves it, with every key that the old place published', async () => {
    const world = await settled();
    const kids = world.keyring.keys.map(({ kid }) => kid);
    const moved = new World();
    moved.keyrings.item = world.keyrings.item;
    moved.kms.stored.clear();
    for (const [arn, key] of world.kms.stored) moved.kms.stored.set(arn, key);
    moved.now = world.now + DAY;
    Object.assign(moved.bucket, { home: 'another' });
    await expect(moved.tick()).rejects.toMatchObject({ code: 'keyring_elsewhere' });
    await recover(moved.rotatorPorts, moved.policy);
    const { body } = await moved.bucket.fetch(JWKS);
    expect([...(readJwks(body)?.kids ?? [])].sort()).toEqual(kids.toSorted());
    expect(active(moved)).toBe(active(world));
    // Its standby begins its lead anew: nobody has seen it here.
    expect(pendingKeys(moved.keyring)[0]?.observedAt).toBe(moved.now);
  });
});

describe('recover', () => {
  test('is refused when there is nothing to recover', async () => {
    const world = await settled();
    await expect(recover(world.rotatorPorts, world.policy)).rejects.toMatchObject({ code: 'transition_refused' });
  });

  test('is refused by a clock that is off, and changes nothing', async () => {
    const world = await settled();
    const backup = world.keyrings.item;
    await world.pass(2 * DAY);
    await world.rotateNow();
    await world.tick();
    world.keyrings.item = backup;
    world.rotatorSkew = world.policy.clockSkew + 3600;
    await expect(recover(world.rotatorPorts, world.policy)).rejects.toMatchObject({ code: 'clock_skewed' });
    expect(world.keyrings.item).toBe(backup);
    world.rotatorSkew = 0;
    await recover(world.rotatorPorts, world.policy);
  });

  test('of a restored table keeps what verifiers hold, retires what has left, and goes on', async () => {
    const world = await settled();
    const backup = world.keyrings.item;
    const first = active(world) ?? '';
    await world.pass(190 * DAY);
    const live = world.keyring.keys
      .filter(({ state }) => state === 'active' || state === 'pending')
      .map(({ kid }) => kid);
    const { token } = await world.signer().sign(world.request());
    world.keyrings.item = backup;
    await recover(world.rotatorPorts, world.policy);
    expect(world.keyring.history.map(([kid]) => kid)).toContain(first);
    for (const kid of live) expect(readJwks((await world.bucket.fetch(JWKS)).body)?.kids.has(kid)).toBe(true);
    await verify(world, token);
    expect((await verify(world, (await world.signer().sign(world.request())).token)).protectedHeader.kid).toBeTruthy();
    await world.pass(2 * DAY);
    expect((await world.tick()).holds).toEqual([]);
  });

  test('keeps a key whose KMS key somebody has disabled: its tokens may be live', async () => {
    const world = await settled();
    const backup = world.keyrings.item;
    const kid = active(world) ?? '';
    const { token } = await world.signer().sign(world.request());
    const stored = world.kms.stored.get(activeKey(world.keyring)?.keyArn ?? '');
    await world.rotateNow();
    world.policy = { ...world.policy, algorithm: 'EdDSA' };
    await world.tick();
    world.keyrings.item = backup;
    if (stored) stored.enabled = false;
    await recover(world.rotatorPorts, world.policy);
    expect(readJwks((await world.bucket.fetch(JWKS)).body)?.kids.has(kid)).toBe(true);
    await verify(world, token);
  });

  test('keeps a standby that has signed since the backup until its last token is dead, wanted or not', async () => {
    const world = await settled();
    await world.pass(2 * DAY);
    const backup = world.keyrings.item;
    const forgotten = standby(world) ?? '';
    await world.rotateNow();
    expect(active(world)).toBe(forgotten);
    const { token, expiresAt } = await world.signer().sign(world.request({ expiresIn: HOUR }));
    world.keyrings.item = backup;
    world.policy = { ...world.policy, algorithm: 'EdDSA' };
    await recover(world.rotatorPorts, world.policy);
    await world.tick();
    const serves = async () => readJwks((await world.bucket.fetch(JWKS)).body)?.kids.has(forgotten);
    while (world.now < expiresAt) {
      expect(await serves()).toBe(true);
      await verify(world, token);
      await world.pass(900);
    }
    await world.pass(60 * DAY);
    expect(await serves()).toBe(false);
  });

  test('forgets an intent whose key is there already, and has a standby again', async () => {
    const world = await settled();
    await world.pass(2 * DAY);
    let backup = world.keyrings.item;
    world.intercept = ({ name, phase }) => {
      if (name === 'store.save' && phase === 'after' && world.keyring.intent) backup = world.keyrings.item;
    };
    await world.rotateNow();
    world.intercept = undefined;
    expect(JSON.parse(backup?.text ?? '').intent).toBeDefined();
    world.keyrings.item = backup;
    await recover(world.rotatorPorts, world.policy);
    await world.pass(2 * DAY);
    expect((await world.tick()).holds).toEqual([]);
    expect(pendingKeys(world.keyring)).toHaveLength(1);
  });

  test('of a lost table has the oldest key of the document sign', async () => {
    const world = await settled();
    await world.pass(95 * DAY);
    const [oldest] = JSON.parse(world.bucket.objects.get(JWKS)?.body ?? '').keys as { kid: string }[];
    world.keyrings.item = undefined;
    await recover(world.rotatorPorts, world.policy);
    expect(active(world)).toBe(oldest?.kid);
    await verify(world, (await world.signer().sign(world.request())).token);
    await world.pass(2 * DAY);
    expect((await world.tick()).holds).toEqual([]);
  });

  test('takes no key from the document that KMS does not confirm', async () => {
    const world = await settled();
    const stored = world.bucket.objects.get(JWKS);
    const jwks = JSON.parse(stored?.body ?? '') as { keys: { kid: string }[]; documentVersion: number };
    const smuggled = { ...jwks.keys[0], kid: 'smuggled' };
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const stranger = jwkFromSpki(publicKey.export({ type: 'spki', format: 'der' }), 'ES256');
    const body = JSON.stringify({ keys: [smuggled, stranger, ...jwks.keys], documentVersion: 99 });
    if (stored) world.bucket.objects.set(JWKS, { ...stored, body, etag: '"foreign"' });
    await expect(world.tick()).rejects.toMatchObject({ code: 'document_newer' });
    const { item } = world.keyrings;
    await expect(recover(world.rotatorPorts, world.policy)).rejects.toMatchObject({
      code: 'transition_refused',
      message: expect.stringContaining(`KMS does not confirm what the document holds: ${stranger.kid};`),
    });
    for (const kid of [active(world) ?? '', 'nobody']) {
      await expect(recover(world.rotatorPorts, world.policy, [stranger.kid, kid])).rejects.toMatchObject({
        code: 'transition_refused',
        message: expect.stringContaining(`${kid} is not among them`),
      });
    }
    expect(world.keyrings.item).toBe(item);
    await recover(world.rotatorPorts, world.policy, [stranger.kid]);
    expect(world.log.some(({ event, step }) => event === 'step' && step === 'recover')).toBe(true);
    const served = readJwks((await world.bucket.fetch(JWKS)).body)?.kids;
    expect(served?.has('smuggled') || served?.has(stranger.kid)).toBe(false);
    expect(world.keyring.documentVersion).toBe(100);
  });
});

describe('recover, when KMS does not confirm a key with live tokens', () => {
  async function lost(): Promise<{ world: World; kid: string; token: string }> {
    const world = await settled();
    await world.pass(2 * DAY);
    const kid = active(world) ?? '';
    const { token } = await world.signer().sign(world.request());
    world.keyrings.item = undefined;
    return { world, kid, token };
  }

  test('it waits until somebody has enabled it again, and the token verifies all along', async () => {
    const { world, kid, token } = await lost();
    const stored = [...world.kms.stored.values()].find(({ jwk }) => jwk?.kid === kid);
    if (stored) stored.enabled = false;
    await expect(recover(world.rotatorPorts, world.policy)).rejects.toThrow(kid);
    await verify(world, token);
    if (stored) stored.enabled = true;
    await recover(world.rotatorPorts, world.policy);
    await verify(world, token);
    expect(active(world)).toBe(kid);
  });

  test('where KMS confirms none, a fresh key signs as soon as the edge shows it', async () => {
    const { world, kid } = await lost();
    const kids = [...(readJwks(world.bucket.objects.get(JWKS)?.body ?? '')?.kids ?? [])];
    for (const stored of world.kms.stored.values()) stored.enabled = false;
    await recover(world.rotatorPorts, world.policy, kids);
    await world.tick();
    expect(activeKey(world.keyring)).toMatchObject({ leadWaived: 'burn' });
    expect(active(world)).not.toBe(kid);
    await verify(world, (await world.signer().sign(world.request())).token);
  });

  test('a burn waits for nobody, and says what has left the JWKS with it', async () => {
    const { world, kid } = await lost();
    const kids = [...(readJwks(world.bucket.objects.get(JWKS)?.body ?? '')?.kids ?? [])];
    const other = kids.find((another) => another !== kid) ?? '';
    const stored = [...world.kms.stored.values()].find(({ jwk }) => jwk?.kid === other);
    if (stored) stored.enabled = false;
    const report = await world.burn({ kids: [kid] });
    expect(report.holds[0]?.why).toContain(`KMS does not confirm ${other}`);
    expect(report.removedAt).toBeDefined();
    // And who is told to burn the very key that KMS does not confirm has burned it.
    const again = await lost();
    const hidden = [...again.world.kms.stored.values()].find(({ jwk }) => jwk?.kid === again.kid);
    if (hidden) hidden.enabled = false;
    expect(await again.world.burn({ kids: [again.kid] })).toMatchObject({ burned: [again.kid] });
    expect(readJwks((await again.world.bucket.fetch(JWKS)).body)?.kids.has(again.kid)).toBe(false);
  });
});

test('retained keys stay until they are released', async () => {
  const world = await settled();
  await world.pass(2 * DAY);
  const kid = active(world) ?? '';
  await retainKey(world.rotatorPorts, world.policy, kid);
  await world.rotateNow();
  await world.pass(20 * DAY);
  expect(world.keyring.keys.find((key) => key.kid === kid)?.state).toBe('grace');
  expect((await world.tick()).holds).toEqual([]);
  await releaseKey(world.rotatorPorts, world.policy, kid);
  expect(world.keyring.keys.find((key) => key.kid === kid)?.state).toBe('retired');
  await expect(retainKey(world.rotatorPorts, world.policy, kid)).rejects.toMatchObject({ code: 'transition_refused' });
});

test('keys that KMS hides from us change nothing but the alarm', async () => {
  const world = await settled();
  const before = active(world);
  const tagged = world.kms.tagged.bind(world.kms);
  world.kms.tagged = async () => {
    const hidden = (await tagged()).map(({ keyArn }) => ({
      keyArn,
      state: 'hidden' as const,
      createdAt: 0,
      genuine: false,
    }));
    return [...hidden, { keyArn: 'arn:stranger', state: 'hidden', createdAt: 0, genuine: false }];
  };
  world.now += 2 * DAY;
  const report = await world.tick();
  expect(report.steps).toEqual([]);
  expect(held(report)).toEqual(['active-key', 'standby-key', 'foreign-key']);
  expect(active(world)).toBe(before);
});

test('windows that are waived are said in every tick', async () => {
  const world = await settled({ publicationLead: '0s', unsafeWindows: true });
  for (let tick = 0; tick < 2; tick++) {
    const [hold, ...others] = (await world.tick()).holds;
    expect(hold).toMatchObject({
      kind: 'unsafe-windows',
      why: expect.stringContaining('publicationLead must be at least'),
    });
    expect(others).toEqual([]);
  }
});
