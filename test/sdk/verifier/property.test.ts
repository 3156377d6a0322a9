import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testKey } from './forge.ts';
import { verdict, World } from './world.ts';

const FIRST = testKey('ES256', 'key-0');
const KEYS = [FIRST, ...[1, 2, 3, 4].map((index) => testKey('ES256', `key-${index}`))];
const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. \n\0é';

type Change = (token: string) => string;
const at = (token: string, where: number) => Math.floor(where * token.length);
const where = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const character = fc.constantFrom(...CHARACTERS);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(where, character).map(
    ([w, c]) =>
      (t: string) =>
        t.slice(0, at(t, w)) + c + t.slice(at(t, w) + 1),
  ),
  fc.tuple(where, character).map(
    ([w, c]) =>
      (t: string) =>
        t.slice(0, at(t, w)) + c + t.slice(at(t, w)),
  ),
  where.map((w) => (t: string) => t.slice(0, at(t, w)) + t.slice(at(t, w) + 1)),
  where.map((w) => (t: string) => t.slice(0, at(t, w))),
  where.map((w) => (t: string) => t.slice(at(t, w))),
  fc.tuple(where, where).map(([a, b]) => (t: string) => {
    const [from = 0, to = 0] = [at(t, a), at(t, b)].toSorted((x, y) => x - y);
    return t.slice(0, from) + [...t.slice(from, to)].reverse().join('') + t.slice(to);
  }),
  fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 }).map((order) => (t: string) => {
    const segments = t.split('.');
    return order.map((index) => segments[index]).join('.');
  }),
);

test('a token that was changed anywhere is refused', async () => {
  const world = new World();
  world.publish(FIRST);
  const verifier = world.verifier();
  const token = world.token(FIRST);
  await verifier.verify(token);
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const changed = changes.reduce((text, one) => one(text), token);
      fc.pre(changed !== token);
      expect(await verdict(verifier.verify(changed))).not.toBe('accepted');
    }),
    { numRuns: 600 },
  );
});

test('whatever is no token is refused in our own words', async () => {
  const verifier = new World().verifier();
  await fc.assert(
    fc.asyncProperty(fc.anything(), async (value) => {
      expect(await verdict(verifier.verify(value as string))).toBe('token_malformed');
    }),
    { numRuns: 200 },
  );
});

const MAX_AGE = 300;
const CEILING = 3600;
const COOLDOWN = 30;

/** What happens, each after so many seconds. */
const happening = fc.record({
  after: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(29, 30, 31, 299, 300, 301, 3599, 3600, 3601)),
  what: fc.oneof(
    { weight: 6, arbitrary: fc.record({ verify: fc.nat(KEYS.length - 1) }) },
    { weight: 2, arbitrary: fc.record({ publish: fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ endpoint: fc.constantFrom('up' as const, 'down' as const, 'empty' as const) }),
    },
    { weight: 2, arbitrary: fc.record({ flood: fc.integer({ min: 1, max: 5 }) }) },
  ),
});

/** A past state of the endpoint, and when it ended. */
interface Past {
  readonly kids: ReadonlySet<number>;
  readonly isUp: boolean;
  until: number;
}

test('whatever happens to keys and endpoint: published keys verify, removed ones stop, forged ones cost little', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 40 }), async (happenings) => {
      const world = new World();
      const verifier = world.verifier();
      const start = world.now;
      let kids: ReadonlySet<number> = new Set([0]);
      let endpoint: 'up' | 'down' | 'empty' = 'up';
      const past: Past[] = [];
      const apply = () => {
        if (endpoint === 'down') world.fail();
        else world.publish(...[...kids].filter(() => endpoint === 'up').flatMap((index) => KEYS[index] ?? []));
      };
      /** What the endpoint was in the last so many seconds, the present included. */
      const lately = (seconds: number): Past[] => [
        ...past.filter(({ until }) => until > world.now - seconds),
        { kids, isUp: endpoint === 'up', until: world.now },
      ];
      apply();

      for (const { after, what } of happenings) {
        world.now += after;
        if ('publish' in what || 'endpoint' in what) {
          past.push({ kids, isUp: endpoint === 'up', until: world.now });
          if ('publish' in what) kids = new Set(what.publish);
          else endpoint = what.endpoint;
          apply();
        } else if ('flood' in what) {
          for (let index = 0; index < what.flood; index++) {
            const outcome = await verdict(verifier.verify(world.token({ ...FIRST, kid: `forged-${index}` })));
            expect(['key_unknown', 'keys_unavailable']).toContain(outcome);
          }
        } else {
          const key = KEYS[what.verify] ?? FIRST;
          const outcome = await verdict(verifier.verify(world.token(key)));
          const has = (state: Past) => state.isUp && state.kids.has(what.verify);
          // Published for a cool-down at an endpoint that works: accepted.
          if (lately(COOLDOWN).every(has)) expect(outcome).toBe('accepted');
          // Not in the set for as long as a set may serve: refused, the sooner when the endpoint works.
          if (!lately(CEILING).some(has)) expect(outcome).not.toBe('accepted');
          if (lately(MAX_AGE).every((state) => state.isUp && !has(state))) expect(outcome).toBe('key_unknown');
        }
      }
      // Five more in the first half minute without a set, after each time that one was lost.
      const withoutSet = world.events.filter((event) => event.type === 'keys_failed' && !event.usable).length;
      expect(world.asked.length - Math.min(withoutSet, world.asked.length)).toBeLessThanOrEqual(
        1 + Math.floor((world.now - start) / COOLDOWN),
      );
    }),
    { numRuns: 300 },
  );
});
