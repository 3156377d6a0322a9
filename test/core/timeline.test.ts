import { expect, test } from 'vitest';
import { renderTimeline } from '../../lib/core/timeline.ts';
import { retain } from '../../lib/core/transitions.ts';
import { World } from '../../lib/simulator/world.ts';

const DAY = 86_400;
const START = 1_800_000_000;
const HOUR = 3600;
const EDGE = 'edge.fetch';

async function started(settings = {}): Promise<World> {
  const world = new World(settings);
  await world.tick();
  return world;
}
/** In days since the start. */
const days = (instant: number | undefined) => instant && Math.round((instant - START) / HOUR) / 24;
const rendered = ({ keyring, policy }: World, revision = 1) => renderTimeline(keyring, revision, policy);
const states = (world: World) =>
  rendered(world).keys.map(({ state, published, signs, ends, leaves }) =>
    [state, ...[published, signs, ends, leaves].map(days)].join(' '),
  );

test('a life: what was, what is and what is planned', async () => {
  const world = await started();
  expect(states(world)).toEqual(['active 0 0 90 100', 'pending 0 90 180 190', 'planned 90 180  ']);
  world.now = START + 90 * DAY + 60;
  await world.tick();
  expect(states(world)).toEqual([
    'grace 0 0 90 100',
    'active 0 90 180 190',
    'pending 90 180 270 280',
    'planned 180 270  ',
  ]);
  world.now = START + 101 * DAY;
  await world.tick();
  expect(states(world)).toEqual(['active 0 90 180 190', 'pending 90 180 270 280', 'planned 180 270  ']);
});

test('it is the same whenever it is rendered: nothing is written where nothing changed', async () => {
  const world = await started();
  const before = rendered(world);
  world.now += 40 * DAY + 77;
  await world.tick();
  expect(rendered(world)).toEqual(before);
});

test('a rotation that is held is planned for when it was due', async () => {
  const world = await started();
  world.intercept = ({ name }) => {
    if (name === EDGE) throw new Error('the edge is away');
  };
  world.now += 95 * DAY;
  await world.tick();
  expect(states(world)[1]).toBe('pending 0 90 180 190');
});

test('a burned key is nowhere in it', async () => {
  const world = await started();
  const [burned] = world.keyring.keys.map(({ kid }) => kid);
  await world.burn({ kids: [burned ?? ''], reason: 'laptop stolen', flush: true });
  const text = JSON.stringify(rendered(world));
  expect(text).not.toContain(burned);
  expect(text).not.toContain('stolen');
  expect(rendered(world).keys.map(({ state }) => state)).toContain('active');
});

test('a key that somebody retains leaves at no time', async () => {
  const world = await started();
  const kid = world.keyring.keys[0]?.kid ?? '';
  const [key] = renderTimeline(retain(world.keyring, kid), 1, world.policy).keys;
  expect(key).toMatchObject({ kid, ends: expect.anything() });
  expect(key).not.toHaveProperty('leaves');
});

test('of another issuer’s key it tells when it leaves, and not where it came from', async () => {
  const world = await started();
  const jwk = { ...(world.keyring.keys[0] as { jwk: object }).jwk, kid: 'theirs' } as never;
  const imported = [{ jwk, until: START + 5 * DAY + 0.5, source: 'https://old.example.com', sinceVersion: 2 }];
  const timeline = renderTimeline({ ...world.keyring, imported }, 1, world.policy);
  expect(timeline.keys[2]).toEqual({ kid: 'theirs', algorithm: 'ES256', state: 'imported', leaves: START + 5 * DAY });
  expect(JSON.stringify(timeline)).not.toContain('old.example.com');
});

test('it holds kids, states and times, and nothing else', async () => {
  const world = await started({ verifiers: ['jose'], secretClaims: ['salary'] });
  const timeline = rendered(world, 7);
  expect(Object.keys(timeline)).toEqual(['issuer', 'documentVersion', 'revision', 'keys']);
  const members = new Set(timeline.keys.flatMap((key) => Object.keys(key)));
  expect([...members].sort()).toEqual(['algorithm', 'ends', 'kid', 'leaves', 'published', 'signs', 'state']);
  expect(JSON.stringify(timeline)).not.toMatch(/arn:|jose|salary|bucket/);
});

test('beyond two years nobody plans', async () => {
  const [key] = rendered(await started({ rotationPeriod: '3000d' })).keys;
  expect(key).toMatchObject({ state: 'active' });
  expect(key).not.toHaveProperty('ends');
});
