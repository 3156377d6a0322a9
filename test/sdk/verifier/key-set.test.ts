/** When keys are fetched, for how long they serve, and what a failing endpoint changes. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { testKey } from './forge.ts';
import { verdict, World } from './world.ts';

/** Of a machine that is busy. */
const PATIENT = { timeout: 10_000 };

const OLD = testKey('ES256', 'old');
const NEW = testKey('ES256', 'new');
const forged = (index: number) => ({ ...OLD, kid: `forged-${index}` });

afterEach(() => {
  vi.unstubAllGlobals();
});

function worldWith(...keys: readonly (typeof OLD)[]) {
  const world = new World();
  world.publish(...keys);
  return { world, verifier: world.verifier() };
}

describe('age', () => {
  test('a set is fetched once, and used for keysMaxAge', async () => {
    const { world, verifier } = worldWith(OLD);
    for (const seconds of [0, 0, 100, 199.9]) {
      world.now += seconds;
      await verifier.verify(world.token(OLD));
    }
    expect(world.asked).toHaveLength(1);
    world.now += 0.2;
    await verifier.verify(world.token(OLD));
    expect(world.asked).toHaveLength(2);
  });

  test('a key that left the set is refused when keysMaxAge is over', async () => {
    const { world, verifier } = worldWith(OLD, NEW);
    await verifier.verify(world.token(OLD));
    world.publish(NEW);
    world.now += 299;
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('accepted');
    world.now += 1;
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('key_unknown');
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('accepted');
  });

  test('it counts from when the set was asked for, not from when it came', async () => {
    const { world, verifier } = worldWith(OLD);
    world.answer = () => {
      world.now += 200;
      return Response.json({ keys: [OLD.jwk] });
    };
    await verifier.verify(world.token(OLD, { exp: world.now + 3000 }));
    world.publish(OLD);
    world.now += 101;
    await verifier.verify(world.token(OLD));
    expect(world.asked).toHaveLength(2);
  });

  test('many verifications share one fetch', async () => {
    const { world, verifier } = worldWith(OLD);
    await Promise.all(Array.from({ length: 100 }, () => verifier.verify(world.token(OLD))));
    expect(world.asked).toHaveLength(1);
  });

  test('in Cloudflare Workers nobody waits for the fetch of another request', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
    const { world, verifier } = worldWith(OLD);
    let first = true;
    world.answer = () => {
      if (!first) return Response.json({ keys: [OLD.jwk] });
      first = false;
      return new Promise(() => undefined);
    };
    verifier.verify(world.token(OLD)).catch(() => undefined);
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('accepted');
  });
});

describe('in Cloudflare Workers', () => {
  const later = () => new Promise((resolve) => setTimeout(resolve, 100));
  function workers(...keys: readonly (typeof OLD)[]) {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
    const { world, verifier } = worldWith(...keys);
    return { world, verifier };
  }
  function slowly(world: World): void {
    const { answer } = world;
    world.answer = () => later().then(answer);
  }

  test('a cold start costs one fetch, whoever comes', async () => {
    const { world, verifier } = workers(OLD);
    slowly(world);
    const forgeries = Array.from({ length: 200 }, (_, index) => verdict(verifier.verify(world.token(forged(index)))));
    const good = Array.from({ length: 20 }, () => verdict(verifier.verify(world.token(OLD))));
    expect(new Set(await Promise.all(good))).toEqual(new Set(['accepted']));
    expect(new Set(await Promise.all(forgeries))).toEqual(new Set(['key_unknown']));
    expect(world.asked).toHaveLength(1);
  });

  test('a fetch that died with its request holds nobody up for longer than a second, and one is made in its place', async () => {
    const { world, verifier } = workers(OLD);
    const { answer } = world;
    world.answer = () => new Promise(() => undefined);
    verifier.verify(world.token(OLD)).catch(() => undefined);
    world.answer = answer;
    slowly(world);
    const startedAt = performance.now();
    const good = Array.from({ length: 50 }, () => verdict(verifier.verify(world.token(OLD))));
    expect(new Set(await Promise.all(good))).toEqual(new Set(['accepted']));
    expect(performance.now() - startedAt).toBeLessThan(2500);
    expect(world.asked).toHaveLength(2);
  });

  test('a key that serves still is not held up by the fetch of another request', async () => {
    const { world, verifier } = workers(OLD);
    await verifier.hydrate();
    world.now += 301;
    world.answer = () => new Promise(() => undefined);
    verifier.verify(world.token(OLD)).catch(() => undefined);
    const startedAt = performance.now();
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('accepted');
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  test('a new key is not called unknown while a fetch may bring it', async () => {
    const { world, verifier } = workers(OLD);
    await verifier.hydrate();
    world.now += 31;
    world.publish(OLD, NEW);
    slowly(world);
    const forgery = verdict(verifier.verify(world.token(forged(0))));
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('accepted');
    expect(await forgery).toBe('key_unknown');

    world.now += 31;
    world.answer = () => new Promise(() => undefined);
    verifier.verify(world.token(forged(1))).catch(() => undefined);
    await expect(verifier.verify(world.token(forged(2)))).rejects.toMatchObject({
      code: 'keys_unavailable',
      message: 'the keys of the issuer are not available: they are being fetched',
    });
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('accepted');
    expect(world.asked).toHaveLength(3);
  });
});

describe('a rotation', () => {
  test('a new key is found at once, when the last fetch is older than the cool-down', async () => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.now += 30;
    world.publish(OLD, NEW);
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('accepted');
    expect(world.asked).toHaveLength(2);
  });

  test('and when the cool-down is over, otherwise', async () => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.publish(OLD, NEW);
    world.now += 29;
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('key_unknown');
    world.now += 1;
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('accepted');
  });

  test('a flood of forged kids costs one fetch in a cool-down, and hides no new key for longer', async () => {
    const { world, verifier } = worldWith(OLD);
    const start = world.now;
    let acceptedAt = Number.POSITIVE_INFINITY;
    for (let tenth = 0; tenth < 3000; tenth++) {
      world.now = start + tenth / 10;
      if (tenth === 1000) world.publish(OLD, NEW);
      await verdict(verifier.verify(world.token(forged(tenth))));
      if (tenth >= 1000 && acceptedAt > world.now) {
        if ((await verdict(verifier.verify(world.token(NEW)))) === 'accepted') acceptedAt = world.now;
      }
    }
    expect(world.asked.length).toBeLessThanOrEqual(300 / 30);
    expect(acceptedAt - (start + 100)).toBeLessThanOrEqual(30);
  });

  test('a token that is expired, or for somebody else, makes nothing be fetched', async () => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.now += 100;
    const token = (claims: object) => verdict(verifier.verify(world.token(forged(0), claims)));
    expect(await token({ iat: world.now - 901, exp: world.now - 61 })).toBe('token_expired');
    expect(await token({ iss: 'https://evil.example' })).toBe('issuer_mismatch');
    expect(await token({ aud: 'billing-api' })).toBe('audience_mismatch');
    expect(world.asked).toHaveLength(1);
  });
});

describe('an endpoint that fails', () => {
  test('the last good set serves up to keysCeiling, then nothing verifies, then it recovers', async () => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.fail();
    world.now += 3599;
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('accepted');
    world.now += 1;
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('keys_unavailable');
    world.now += 100;
    world.publish(OLD);
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('accepted');
  });

  test('that hangs holds up a token of a held key for a second, and every later one not at all', async () => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.now += 301;
    world.answer = () => new Promise(() => undefined);
    const took = async () => {
      const startedAt = performance.now();
      expect(await verdict(verifier.verify(world.token(OLD)))).toBe('accepted');
      return performance.now() - startedAt;
    };
    const first = await Promise.all([took(), took()]);
    expect(Math.max(...first)).toBeLessThan(1500);
    expect(await took()).toBeLessThan(500);
    expect(world.asked).toHaveLength(2);
  });

  test('that is slow is waited for, for as long as a second', async () => {
    const { world, verifier } = worldWith(OLD, NEW);
    await verifier.hydrate();
    world.now += 301;
    world.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return Response.json({ keys: [NEW.jwk] });
    };
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('key_unknown');
  });

  test('that takes longer brings what it brings to whoever asks next', async () => {
    const { world, verifier } = worldWith(OLD, NEW);
    await verifier.hydrate();
    world.now += 301;
    let arrive = (_: Response) => {};
    world.answer = () => new Promise((resolve) => (arrive = resolve));
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('accepted');
    arrive(Response.json({ keys: [NEW.jwk] }));
    await vi.waitFor(() => expect(world.events.filter(({ type }) => type === 'keys_fetched')).toHaveLength(2), PATIENT);
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('key_unknown');
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('accepted');
  });

  test('while the set is old, an unknown key is not called unknown', async () => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.fail();
    world.now += 400;
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('keys_unavailable');
  });

  test('it is asked once in a cool-down while an old set serves', async () => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.now += 300;
    world.fail();
    for (let second = 0; second < 300; second++) {
      expect(await verdict(verifier.verify(world.token(OLD)))).toBe('accepted');
      world.now += 1;
    }
    expect(world.asked).toHaveLength(1 + 300 / 30);
  });

  test('without any set it is asked after 1, 2, 4, 8, 16 seconds, and then once in a cool-down', async () => {
    const world = new World();
    world.fail();
    const verifier = world.verifier();
    for (let second = 0; second < 130; second++) {
      expect(await verdict(verifier.verify(world.token(OLD)))).toBe('keys_unavailable');
      world.now += 1;
    }
    const pauses = world.asked.slice(1).map((instant, index) => instant - (world.asked[index] ?? 0));
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  test('a failure of long ago does not slow down the tries of today', async () => {
    const { world, verifier } = worldWith(OLD);
    world.fail();
    for (const seconds of [0, 1, 2, 4]) {
      world.now += seconds;
      await verdict(verifier.hydrate());
    }
    world.now += 8;
    world.publish(OLD);
    await verifier.hydrate();
    world.fail();
    world.now += 3600;
    await verdict(verifier.hydrate());
    world.now += 1;
    world.publish(OLD);
    expect(await verdict(verifier.hydrate())).toBe('accepted');
  });

  test.each([
    ['an empty set', () => Response.json({ keys: [] })],
    ['a set of unfit keys', () => Response.json({ keys: [{ ...OLD.jwk, alg: undefined }] })],
    ['something that is no set', () => Response.json([OLD.jwk])],
    ['500', () => new Response('', { status: 500 })],
    ['404 with a set', () => Response.json({ keys: [OLD.jwk] }, { status: 404 })],
    ['206 with a set', () => Response.json({ keys: [OLD.jwk] }, { status: 206 })],
    ['a redirect that is hidden', () => Response.error()],
  ])('%s never takes the place of a good one', async (_, answer) => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.now += 301;
    world.answer = answer;
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('accepted');
    expect(world.asked).toHaveLength(2);
    expect(await verdict(world.verifier().hydrate())).toBe('keys_unavailable');
  });

  test('a key that a set no longer lists is gone, even when nothing in that set verifies here', async () => {
    const other = testKey('RS256', 'other');
    const { world, verifier } = worldWith(OLD, NEW);
    await verifier.hydrate();
    world.now += 301;
    world.answer = () => Response.json({ keys: [other.jwk, { ...NEW.jwk, use: 'enc' }] });
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('keys_unavailable');
    // Still listed: the last that was good of it serves up to the ceiling.
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('accepted');
    world.now += 31;
    world.publish(other);
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('keys_unavailable');
    await expect(verifier.hydrate()).rejects.toThrow(
      'it has no usable key (its alg is not one that this verifier takes)',
    );
    world.now += 31;
    world.publish(NEW);
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('accepted');
  });

  test('and no answer to an older question brings it back', async () => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.now += 301;
    let arrive = (_: Response) => {};
    world.answer = () => new Promise((resolve) => (arrive = resolve));
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('accepted');
    world.now += 31;
    world.publish(testKey('RS256', 'other'));
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('keys_unavailable');
    arrive(Response.json({ keys: [OLD.jwk] }));
    await vi.waitFor(() => expect(world.events.filter(({ type }) => type === 'keys_fetched')).toHaveLength(2), PATIENT);
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('keys_unavailable');
  });

  test('a fetch that throws before it starts is a failure like any other', async () => {
    const world = new World();
    const verifier = world.verifier({
      fetch: () => {
        throw new Error('no network here');
      },
    });
    await expect(verifier.hydrate()).rejects.toThrow(
      'the keys of the issuer are not available: it could not be reached',
    );
  });
});

test.each<[string, () => Response, string]>([
  ['no body', () => new Response(null), 'it is not JSON in UTF-8'],
  ['an empty body', () => new Response(''), 'it is not JSON in UTF-8'],
])('an answer with %s is one that is no set', async (_, answer, fault) => {
  const world = new World();
  world.answer = answer;
  await expect(world.verifier().hydrate()).rejects.toThrow(`not available: ${fault}`);
});

test.each<[string, number, string]>([
  ['of another status', 500, 'it was answered with status 500'],
  ['that is too large', 200, 'it has more than 262144 bytes'],
])('the body of an answer %s is cancelled, whether fetch heeds the signal or not', async (_, status, fault) => {
  const world = new World();
  const cancel = vi.fn();
  const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(new Uint8Array(65_536));
  world.answer = () => new Response(new ReadableStream({ pull, cancel }), { status });
  await expect(world.verifier().hydrate()).rejects.toThrow(`not available: ${fault}`);
  expect(cancel).toHaveBeenCalledOnce();
});

test('a fetch leaves no timer behind, which would keep the process alive', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  await worldWith(OLD).verifier.hydrate();
  expect(timers()).toBe(before);
});

describe('a process that is frozen', () => {
  test('wakes up with keys of another day, and does not use them', async () => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.now += 86_400;
    world.fail();
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('keys_unavailable');
  });

  test('does not wait for the fetch that was under way, nor believe that what it brings is new', async () => {
    const { world, verifier } = worldWith(OLD);
    let arrive = (_: Response) => {};
    world.answer = () => new Promise((resolve) => (arrive = resolve));
    const before = verifier.verify(world.token(OLD));
    await vi.waitFor(() => expect(world.asked).toHaveLength(1), PATIENT);
    world.now += 86_400;
    world.publish(NEW);
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('accepted');
    arrive(Response.json({ keys: [OLD.jwk] }));
    expect(await verdict(before)).toBe('key_unknown');
    expect(await verdict(verifier.verify(world.token(NEW)))).toBe('accepted');
    expect(world.asked).toHaveLength(2);
  });
});

describe('a clock that is set back', () => {
  test('makes the set be fetched anew, and not for ever after', async () => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.now -= 7200;
    for (const _ of [1, 2, 3]) await verifier.verify(world.token(OLD));
    expect(world.asked).toHaveLength(2);
  });

  test('and does not make an old set young', async () => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.now -= 61;
    world.fail();
    expect(await verdict(verifier.verify(world.token(OLD)))).toBe('keys_unavailable');
  });

  test('by no more than clockTolerance is believed, and costs neither a good token nor a fetch', async () => {
    const { world, verifier } = worldWith(OLD);
    await verifier.hydrate();
    world.now += 301;
    world.fail();
    for (let step = 0; step < 100; step++) {
      expect(await verdict(verifier.verify(world.token(OLD)))).toBe('accepted');
      world.now -= 0.001;
    }
    expect(world.asked).toHaveLength(2);
  });

  test('one that answers with nonsense verifies nothing', async () => {
    const { world } = worldWith(OLD);
    const token = world.token(OLD);
    for (const now of [() => Number.NaN, () => 'today' as never, () => undefined as never]) {
      expect(await verdict(world.verifier({ now }).verify(token))).toBe('token_expired');
    }
  });
});
