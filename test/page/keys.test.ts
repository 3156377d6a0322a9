import { expect, test } from 'vitest';
import type { Timeline } from '../../lib/core/timeline.ts';
import { keysOf, leadOf, sentenceOf, upcomingOf } from '../../lib/page/keys.ts';
import { placeOf, ticksOf } from '../../lib/page/scale.ts';
import { snippetsFor } from '../../lib/page/snippets.ts';
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

test('a rotation that is held is not told for a day that has passed', () => {
  const late = at(41);
  expect(leadOf(keys, late)).toBe('Key now signs. new takes over as soon as that is safe.');
  const active = keys[1] as (typeof keys)[number];
  expect(sentenceOf(active, late)).toContain('goes on until the next key may safely take over, which was planned for');
  expect(upcomingOf(keys)).toContainEqual({ at: at(40), what: 'new begins to sign in place of now' });
});

test('sentences', () => {
  expect(leadOf(keys, NOW)).toBe('Key now signs. new takes over in 40 days.');
  expect(leadOf([], NOW)).toBe('The JWKS holds no key.');
  expect(leadOf(keys.slice(2), NOW)).toMatch(/^No key signs at the moment/);
  expect(keys.map((key) => sentenceOf(key, NOW))).toEqual([
    'Signed until 3 Oct 2026, 12:00 UTC. Its last tokens may be live, so it stays until 27 Nov 2026, 12:00 UTC, in 5 days.',
    'Signs every token since 3 Oct 2026, 12:00 UTC. The next key takes over on 1 Jan 2027, 12:00 UTC, in 40 days.',
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

test.each([
  [30, ['12:00:00', '12:00:05', '12:00:10', '12:00:15', '12:00:20', '12:00:25', '12:00:30']],
  [3 * 3600, ['12:00', '12:30', '13:00', '13:30', '14:00', '14:30', '15:00']],
  [5 * DAY, ['23 Nov', '24 Nov', '25 Nov', '26 Nov', '27 Nov']],
  [200 * DAY, ['Dec 2026', 'Jan 2027', 'Feb', 'Mar', 'Apr', 'May', 'Jun']],
  [1000 * DAY, ['Jan 2027', 'Jul', 'Jan 2028', 'Jul', 'Jan 2029', 'Jul']],
  [9000 * DAY, ['Jan 2030', 'Jan 2035', 'Jan 2040', 'Jan 2045', 'Jan 2050']],
])('an axis of %d s', (length, labels) => {
  const scale = { from: NOW, until: NOW + length };
  const ticks = ticksOf(scale);
  expect(ticks.map(({ label }) => label)).toEqual(labels);
  for (const { at } of ticks) expect(placeOf(scale, at)).toBe(((at - NOW) / length) * 100);
});

test('what lies outside of the axis stands at its end', () => {
  const scale = { from: NOW, until: NOW + 10 };
  expect([placeOf(scale, NOW - 5), placeOf(scale, NOW + 5), placeOf(scale, NOW + 50)]).toEqual([0, 50, 100]);
});

test('five languages, each with the issuer’s own names; a library that cannot verify says so', () => {
  const settings = { issuer: 'https://a.example', jwksUrl: 'https://a.example/.well-known/jwks.json' };
  const snippets = snippetsFor({ ...settings, algorithm: 'ES256' });
  expect(snippets.map(({ language }) => language)).toEqual(['JavaScript', 'Python', 'Go', 'Java', 'Rust']);
  for (const { code } of snippets) {
    for (const part of ['"https://a.example"', settings.jwksUrl, 'orders-api', 'ES256']) {
      expect(code.replaceAll("'", '"')).toContain(part);
    }
  }
  const mlDsa = snippetsFor({ ...settings, algorithm: 'ML-DSA-44' });
  expect(mlDsa.map(({ code }) => /does not verify ML-DSA-44/.test(code))).toEqual([false, true, true, true, true]);
});
