import { describe, expect, test } from 'vitest';
import type { Timeline } from '../../lib/core/timeline.ts';
import { keysOf, leadOf, sentenceOf, upcomingOf } from '../../lib/page/keys.ts';
import { asOf } from '../../lib/page/late.ts';
import { dateOf, distanceOf } from '../../lib/page/when.ts';

const DAY = 86_400;
const NOW = Date.UTC(2026, 10, 22, 12) / 1000;
const at = (days: number) => NOW + days * DAY;

const TIMELINE: Timeline = {
  issuer: 'https://auth.example.com',
  documentVersion: 4,
  revision: 9,
  keys: [
    { kid: 'new', algorithm: 'RS256', state: 'pending', published: at(-50), signs: at(40), ends: at(130) },
    {
      kid: 'now',
      algorithm: 'RS256',
      state: 'active',
      published: at(-90),
      signs: at(-50),
      ends: at(40),
      leaves: at(50),
    },
    {
      kid: 'old',
      algorithm: 'RS256',
      state: 'grace',
      published: at(-180),
      signs: at(-140),
      ends: at(-50),
      leaves: at(5),
    },
    { algorithm: 'RS256', state: 'planned', published: at(40), signs: at(130) },
  ],
};
const jwks = (...kids: string[]) => kids.map((kid) => ({ kid, alg: 'RS256' }));
const keys = keysOf(jwks('old', 'now', 'new'), TIMELINE);

test('keys stand in the order of their lives', () => {
  expect(keys.map(({ state }) => state)).toEqual(['grace', 'active', 'pending', 'planned']);
});

test('the JWKS decides: a burned key is not shown because an older timeline has it', () => {
  const shown = keysOf(jwks('old', 'new', 'fresh'), TIMELINE);
  expect(shown.map(({ kid, state }) => `${kid} ${state}`)).toEqual([
    'old grace',
    'new pending',
    'fresh unknown',
    'undefined planned',
  ]);
});

test('without a timeline the keys are there, and their states are not guessed', () => {
  const shown = keysOf(jwks('a', 'b'), undefined);
  expect(shown.map(({ state }) => state)).toEqual(['unknown', 'unknown']);
  expect(leadOf(shown, NOW)).toBe('2 keys are published. Any of them may sign.');
  expect(upcomingOf(shown)).toEqual([]);
});

test('what comes next, in order', () => {
  expect(upcomingOf(keys).map(({ at, what }) => `${(at - NOW) / DAY} ${what}`)).toEqual([
    '5 old leaves the JWKS: its last token has ended',
    '40 new begins to sign in place of now',
    '40 A new key is made and published; it does not sign yet',
    '50 now leaves the JWKS: its last token has ended',
  ]);
});

describe('a rotation that is held', () => {
  const late = at(41);
  const held = asOf(keys, late);
  const days = (instant = Number.NaN) => (instant - NOW) / DAY;

  test('goes on until now, and what follows is as much later', () => {
    const lives = held.map(({ state, ...key }) => [
      state,
      ...[key.published, key.signs, key.ends, key.leaves].map(days),
    ]);
    expect(lives).toEqual([
      ['grace', -180, -140, -50, 41],
      ['active', -90, -50, 41, 51],
      ['pending', -50, 41, 131, Number.NaN],
      ['planned', 41, 131, Number.NaN, Number.NaN],
    ]);
  });

  test('is not told for a day that has passed', () => {
    expect(leadOf(held, late)).toBe('Key now signs. new takes over as soon as that is safe.');
    expect(held.map((key) => sentenceOf(key, late))).toEqual([
      'Signed until 3 Oct 2026, 12:00 UTC. It leaves as soon as that is safe, which was planned for 27 Nov 2026, 12:00 UTC.',
      'Has signed since 3 Oct 2026, 12:00 UTC. The next key takes over as soon as that is safe, which was planned for 1 Jan 2027, 12:00 UTC.',
      'In the JWKS since 3 Oct 2026, 12:00 UTC, so that every verifier knows it before it signs.',
      'Will be made and published as soon as that is safe, which was planned for 1 Jan 2027, 12:00 UTC.',
    ]);
    expect(upcomingOf(held)).toEqual([
      { at: late, due: at(5), what: 'old leaves the JWKS: its last token has ended' },
      { at: late, due: at(40), what: 'new begins to sign in place of now' },
      { at: late, due: at(40), what: 'A new key is made and published; it does not sign yet' },
      { at: at(51), what: 'now leaves the JWKS: its last token has ended' },
    ]);
  });

  test('is none where a retirement or the next key alone is late', () => {
    const [, active, pending, planned] = keys;
    if (!active || !pending || !planned) throw new Error('four keys are there');
    expect(asOf(keys, at(6)).slice(1)).toEqual([active, pending, planned]);
    expect(asOf([{ ...planned, published: at(-1) }, active], NOW)).toEqual([
      { ...planned, published: NOW, due: at(-1) },
      active,
    ]);
  });
});

test('nothing is late before its time', () => {
  expect(asOf(keys, NOW)).toEqual(keys);
  expect(asOf(keysOf(jwks('a'), undefined), NOW)).toEqual(keysOf(jwks('a'), undefined));
});

test('which key signs is not guessed', () => {
  expect(leadOf(keysOf(jwks('a'), undefined), NOW)).toBe('One key is published.');
  const burned = keysOf(jwks('old', 'new', 'fresh'), TIMELINE);
  expect(leadOf(burned, NOW)).toBe('The key that signed has left. Which one signs now is not told yet.');
});

test('sentences', () => {
  expect(leadOf(keys, NOW)).toBe('Key now signs. new takes over in 40 days.');
  expect(leadOf([], NOW)).toBe('The JWKS holds no key.');
  expect(leadOf(keys.slice(2), NOW)).toMatch(/^No key signs at the moment/);
  expect(keys.map((key) => sentenceOf(key, NOW))).toEqual([
    'Signed until 3 Oct 2026, 12:00 UTC. Its last tokens may be live, so it stays until 27 Nov 2026, 12:00 UTC, in 5 days.',
    'Has signed since 3 Oct 2026, 12:00 UTC. The next key takes over on 1 Jan 2027, 12:00 UTC, in 40 days.',
    'In the JWKS since 3 Oct 2026, 12:00 UTC, so that every verifier knows it before it signs.',
    'Will be made and published on 1 Jan 2027, 12:00 UTC, in 40 days.',
  ]);
});

test.each([
  [0, 'now'],
  [1, 'in 1 second'],
  [119, 'in 119 seconds'],
  [-120, '2 minutes ago'],
  [3 * 3600, 'in 3 hours'],
  [47 * 3600, 'in 47 hours'],
  [-90 * DAY, '90 days ago'],
])('a distance of %d s is %s', (seconds, words) => {
  expect(distanceOf(NOW + seconds, NOW)).toBe(words);
});

test('seconds are told where they count', () => {
  expect([dateOf(NOW + 61, NOW), dateOf(NOW + DAY, NOW)]).toEqual([
    '22 Nov 2026, 12:01:01 UTC',
    '23 Nov 2026, 12:00 UTC',
  ]);
});
