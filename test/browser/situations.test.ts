/** What a fresh issuer never shows: a rotation that is held, steps that are late, ten keys, a guest, no documents, no script. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TestKey } from '../../lib/sdk/testing/test-keys.ts';
import { open, rowOf, useBrowser } from './browser.ts';
import { contrastFaults } from './contrast.ts';
import { layoutFaults } from './layout.ts';
import { ISSUER, keyOf, makeKeys, openMadeUp, rotated, type Served, serve, tokenOf } from './made-up.ts';

useBrowser();

let all: TestKey[];
let [old, active, pending]: TestKey[] = [];
beforeAll(async () => {
  all = await makeKeys(10);
  [old, active, pending] = all;
});
const of = (keys: readonly (TestKey | undefined)[]) => keys.flatMap((key) => (key ? [key.jwk] : []));

const SITUATIONS: Readonly<Record<string, () => Served>> = {
  normal: () => ({ keys: of([old, active, pending]), timeline: rotated(all, 4) }),
  held: () => ({ keys: of([old, active, pending]), timeline: rotated(all, 91) }),
  late: () => ({
    keys: of([old, active]),
    timeline: [
      keyOf('grace', old, -94, -94, -14, -0.2),
      keyOf('active', active, -94, -14, 76, 86),
      keyOf('planned', undefined, -0.1, 76),
    ],
  }),
  'ten keys': () => ({
    keys: of(all),
    timeline: [
      keyOf('grace', old, -10, -9, -8, 2),
      ...all.slice(3).map((key, index) => keyOf('grace', key, -9 + index, -8 + index, -7 + index, 3 + index)),
      keyOf('active', active, -1, -0.01, 1, 11),
      keyOf('pending', pending, -0.01, 1, 2, 12),
      keyOf('planned', undefined, 1, 2),
    ],
  }),
  imported: () => ({
    keys: of([old, active, pending]),
    timeline: [keyOf('imported', old, undefined, undefined, undefined, 20), ...rotated(all, 1).slice(1)],
  }),
  'within a day': () => ({
    keys: of([active, pending]),
    timeline: [
      keyOf('active', active, -0.3, -0.25, 0.25, 0.35),
      keyOf('pending', pending, -0.25, 0.25, 0.5, 0.6),
      keyOf('planned', undefined, 0.25, 0.5),
    ],
  }),
  'without a timeline': () => ({ keys: of([active, pending]) }),
  down: () => ({ keys: [], isDown: true }),
};

describe.each(Object.entries(SITUATIONS))('%s', (name, make) => {
  test.each(['light', 'dark'] as const)('in %s every text and every bar has contrast', async (colorScheme) => {
    const { page } = await openMadeUp(make(), { colorScheme, reducedMotion: 'reduce' });
    await page.locator('#token').fill(tokenOf(active as TestKey, { exp: 4e9 }));
    await page.locator(`#verdict[data-kind=${name === 'down' ? 'unavailable' : 'doubtful'}]`).waitFor();
    expect(await page.evaluate(contrastFaults)).toEqual([]);
  });

  test.each([1280, 900, 360, 320])('at a width of %d nothing is cut off', async (width) => {
    const { page } = await openMadeUp(make(), { viewport: { width, height: 800 }, reducedMotion: 'reduce' });
    expect(await page.evaluate(layoutFaults)).toEqual([]);
  });
});

const barsOf = (page: Page, kid: string) =>
  rowOf(page, kid)
    .locator('.track .bar')
    .evaluateAll((bars) => bars.map((bar) => ({ kind: bar.className, right: bar.getBoundingClientRect().right })));

test('while a rotation is held, the active key is drawn as the one that signs, until now', async () => {
  const { page } = await openMadeUp(SITUATIONS.held?.() as Served, { reducedMotion: 'reduce' });
  const now = await page.locator('.today').first().boundingBox();
  const drawn = (await barsOf(page, active?.jwk.kid ?? '')).filter(({ kind }) => !kind.includes('planned'));
  expect(drawn.map(({ kind }) => kind)).toEqual(['bar published', 'bar signs']);
  expect(Math.abs((drawn[1]?.right ?? 0) - (now?.x ?? 0))).toBeLessThan(3);
  const next = await barsOf(page, pending?.jwk.kid ?? '');
  expect(next.map(({ kind }) => kind)).toEqual(['bar published', 'bar signs planned', 'bar grace planned']);
  const said = await page.locator('#keys').innerText();
  expect(said).not.toContain('ago');
  expect(await page.locator('#upcoming strong').allInnerTexts()).toEqual([
    ...Array(3).fill('when it is safe'),
    'in 10 days',
  ]);
});

test('while nothing can be fetched, the page says whose it is, and shows no empty card', async () => {
  const { page } = await openMadeUp({ keys: [], isDown: true });
  await page.locator('#lead', { hasText: 'cannot be fetched now' }).waitFor();
  expect(await page.locator('h1').innerText()).toBe(ISSUER);
  expect(await page.locator('.card:visible').evaluateAll((cards) => cards.map((card) => card.className))).toEqual([
    'card form',
    'card result',
  ]);
  expect(await page.locator('h2:visible').allInnerTexts()).toEqual(['Keys in time', 'Inspect a token']);
});

test('without a script it says whose it is, and where the keys are', async () => {
  const { page } = await open(ISSUER, { javaScriptEnabled: false }, false, (page) =>
    serve(page, SITUATIONS.normal?.() as Served),
  );
  expect(await page.locator('h1').innerText()).toBe(ISSUER);
  expect(await page.locator('noscript a').getAttribute('href')).toBe('/.well-known/jwks.json');
  expect(await page.locator('main, #lead, .skip').filter({ visible: true }).count()).toBe(0);
});

test('a key’s whole kid is told by touch and by keys, and stays open while the page is drawn anew', async () => {
  const { page } = await openMadeUp(SITUATIONS.normal?.() as Served, { viewport: { width: 360, height: 800 } });
  const kid = active?.jwk.kid ?? '';
  const whole = rowOf(page, kid).locator('details > code');
  expect(await whole.isVisible()).toBe(false);
  await rowOf(page, kid).locator('summary').focus();
  await page.keyboard.press('Enter');
  expect(await whole.innerText()).toBe(kid);
  await page.setViewportSize({ width: 340, height: 800 });
  await page.waitForTimeout(2500);
  expect(await whole.isVisible()).toBe(true);
  expect(await page.evaluate(layoutFaults)).toEqual([]);
});

test('in forced colours one tab alone is underlined, and the dot is there', async () => {
  const { page } = await openMadeUp(SITUATIONS.normal?.() as Served, { forcedColors: 'active' });
  const lines = await page
    .getByRole('tab')
    .evaluateAll((tabs) => tabs.map((tab) => getComputedStyle(tab).borderBottomColor));
  const canvas = await page.locator('.languages').evaluate((card) => getComputedStyle(card).backgroundColor);
  expect(lines.map((line) => line === canvas)).toEqual([false, true, true, true, true]);
  const dot = await page.locator('#lead').evaluate((lead) => getComputedStyle(lead, '::before').backgroundColor);
  expect(dot).toBe('rgb(31, 122, 67)');
});
