/**
 * The promise, whatever the schedule: the kid of every token is in every document that any honest verifier may hold
 * while the token is valid. Time runs for ticks, signers and clocks that err; the documents are those of the bucket.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { documentPaths } from '../../lib/core/issuer.ts';
import { readJwks } from '../../lib/core/jwks.ts';
import { activeKey } from '../../lib/core/keyring.ts';
import { blindestVerifier, edgeAge } from '../../lib/core/policy.ts';
import { blindSeconds } from '../../lib/core/verifiers.ts';
import { World } from '../../lib/simulator/world.ts';

// Every window at its minimum, so that a term which is missing somewhere shows.
const WINDOWS = {
  verifiers: [{ name: 'blind', keyCache: '20m', refetch: 'never' }],
  edgeMaxAge: '60s',
  edgeStaleWhileRevalidate: '30s',
  edgeStaleIfError: '30s',
  clockSkew: '60s',
  publicationLead: '24m',
  tick: '1m',
  rotationPeriod: '25m',
  tokenLifetime: '5m',
  maxTokenLifetime: '10m',
  signerCache: '30s',
  signingLatency: '30s',
  verifierLeeway: '60s',
  grace: '16m',
};
const SKEW = 60;
const JWKS = documentPaths('https://auth.example.com').jwks;

const skew = fc.constantFrom(-SKEW, -SKEW + 1, 0, SKEW - 1, SKEW);
/** Gaps sit at the policy's own durations, a second to either side. */
const gap = fc
  .tuple(fc.constantFrom(1, 30, 60, 120, 300, 600, 16 * 60, 24 * 60, 25 * 60), fc.constantFrom(-1, 0, 1))
  .map(([seconds, off]) => Math.max(1, seconds + off));
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('tick' as const), gap, skew }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('sign' as const),
      gap: fc.integer({ min: 0, max: 90 }),
      signer: fc.constantFrom(0, 1, 2),
      latency: fc.constantFrom(0, 1, 29, 30, 31),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rotate' as const), gap, skew }) },
  // A tick and at once a token from a signer that has just read the keyring before it.
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('handover' as const), skew, wait: fc.integer({ min: 0, max: 30 }) }),
  },
);

test('no token is ever refused for its key', async () => {
  const signerSkews = fc.tuple(skew, skew, skew);
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 60 }), signerSkews, async (actions, skews) => {
      const world = new World(WINDOWS);
      const documents: { since: number; kids: ReadonlySet<string> }[] = [];
      const note = () => {
        const kids = readJwks(world.bucket.objects.get(JWKS)?.body ?? '')?.kids;
        if (kids && kids !== documents.at(-1)?.kids) documents.push({ since: world.now, kids });
      };
      let latency = 0;
      world.intercept = ({ name, phase }) => {
        if (name === 'publisher.write' && phase === 'after') note();
        if (name === 'signer.sign' && phase === 'before') world.now += latency;
      };
      const signers = skews.map((off) => world.signer({ clock: () => world.now + off }));
      const tokens: { kid: string; from: number; to: number }[] = [];
      const sign = async (index: number, delay: number) => {
        latency = delay;
        const token = await signers[index]?.sign(world.request({ expiresIn: 600 })).catch(() => undefined);
        latency = 0;
        if (token) tokens.push({ kid: token.kid, from: world.now, to: token.expiresAt + 60 + SKEW });
      };
      await world.tick();
      for (const step of actions) {
        if (step.kind === 'sign') {
          world.now += step.gap;
          await sign(step.signer, step.latency);
          continue;
        }
        world.rotatorSkew = step.skew;
        if (step.kind === 'handover') {
          for (const index of [0, 1, 2]) await sign(index, 0);
          await world.tick();
          world.now += step.wait;
          for (const index of [0, 1, 2]) await sign(index, 30);
          continue;
        }
        world.now += step.gap;
        await (step.kind === 'tick' ? world.tick() : world.rotateNow());
      }
      // Everything dies before the end, so that a key which leaves too early is caught.
      for (const off of [SKEW, -SKEW, SKEW]) {
        world.rotatorSkew = off;
        await world.pass(20 * 60);
      }
      const verifier = blindestVerifier(world.policy);
      const stale = (verifier ? blindSeconds(verifier) : 0) + edgeAge(world.policy);
      for (const { kid, from, to } of tokens) {
        const held = documents.filter(
          ({ since }, index) => since <= to && (documents[index + 1]?.since ?? Number.POSITIVE_INFINITY) > from - stale,
        );
        for (const { kids, since } of held) {
          expect(kids.has(kid), `kid ${kid} of a token valid from ${from} to ${to} in the document of ${since}`).toBe(
            true,
          );
        }
      }
    }),
    { numRuns: 100 },
  );
});

/** Ticks every second until `done`, and answers with the true instant. */
async function creep(world: World, done: () => boolean): Promise<number> {
  while (!done()) {
    world.now += 1;
    await world.tick();
  }
  return world.now;
}

test('the grace is as long as the worst case, to the second', async () => {
  const world = new World(WINDOWS);
  await world.tick();
  world.now += 25 * 60;
  // The last token: a signer that read the keyring just before the handover, whose clock is ahead, and a slow KMS.
  const signer = world.signer({ clock: () => world.now + SKEW });
  const { kid } = await signer.sign(world.request());
  world.rotatorSkew = -SKEW;
  await world.rotateNow();
  expect(activeKey(world.keyring)?.kid).not.toBe(kid);
  world.now += 30;
  world.intercept = ({ name, phase }) => {
    if (name === 'signer.sign' && phase === 'before') world.now += 30;
  };
  const last = await signer.sign(world.request({ expiresIn: 600 }));
  world.intercept = undefined;
  expect(last.kid).toBe(kid);
  // A verifier with the full leeway, whose clock is behind, takes it until then.
  const dead = last.expiresAt + 60 + SKEW;
  world.rotatorSkew = SKEW;
  const removed = await creep(world, () => !readJwks(world.bucket.objects.get(JWKS)?.body ?? '')?.kids.has(kid));
  expect(removed).toBeGreaterThanOrEqual(dead);
  // No longer than needed: its last signature took 30 s, and its iat was stamped before.
  expect(removed).toBeLessThanOrEqual(dead + 31);
});

test('the lead is as long as the worst case, to the second', async () => {
  const world = new World(WINDOWS);
  world.rotatorSkew = -SKEW;
  await world.tick();
  const published = world.now;
  const first = activeKey(world.keyring)?.kid;
  world.rotatorSkew = SKEW;
  await world.rotateNow();
  const activated = await creep(world, () => activeKey(world.keyring)?.kid !== first);
  // Somebody fetched just before the publication, from a copy as old as the edge allows, and keeps it for 20 minutes.
  expect(activated - published).toBe(20 * 60 + 120);
});

test.each([
  ['and then answers', undefined],
  ['and its tick dies', 'dies'],
  ['and another tick goes on meanwhile', 'raced'],
] as const)('a save that hangs does not shorten the grace: %s', async (_, then) => {
  const world = new World({ ...WINDOWS, clockSkew: '0s', publicationLead: '22m', grace: '12m' });
  await world.tick();
  const before = activeKey(world.keyring)?.kid ?? '';
  world.now += 25 * 60;
  let dead = 0;
  world.intercept = async ({ name, phase }) => {
    if (name !== 'store.save') return;
    if (phase === 'before') {
      // The tick has decided, its write is under way for 100 s, and a signer still reads the old keyring.
      world.now += 100;
      const last = await world.signer().sign(world.request({ expiresIn: 600 }));
      expect(last.kid).toBe(before);
      dead = last.expiresAt + 60;
      return;
    }
    world.intercept = undefined;
    if (then === 'dies') throw new Error('the process is dead');
    if (then === 'raced') await world.tick();
  };
  await world.tick().catch(() => undefined);
  world.intercept = undefined;
  expect(activeKey(world.keyring)?.kid).not.toBe(before);
  const removed = await creep(world, () => !readJwks(world.bucket.objects.get(JWKS)?.body ?? '')?.kids.has(before));
  expect(removed).toBeGreaterThanOrEqual(dead);
});
