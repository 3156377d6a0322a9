/** A verdict is of the token that stands there, of the keys as they are and of this moment, or there is none. */
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import type { TestKey } from '../../lib/sdk/testing/test-keys.ts';
import { useBrowser } from './browser.ts';
import { makeKeys, NOW, openMadeUp, rotated, type Served, setTime, tokenOf } from './made-up.ts';

useBrowser();

let keys: TestKey[];
let [active, mallory]: TestKey[] = [];
beforeAll(async () => {
  keys = await makeKeys(4);
  [, active, , mallory] = keys;
});
const normal = (): Served => ({ keys: keys.slice(0, 3).map(({ jwk }) => jwk), timeline: rotated(keys, 4) });

const verdict = (page: Page, kind: string, title: string) =>
  page.locator(`#verdict[data-kind=${kind}] .title`, { hasText: title }).waitFor({ timeout: 10_000 });
async function openWith(token: string, served = normal()) {
  const { page, errors } = await openMadeUp(served);
  await page.locator('#token').fill(token);
  return { page, errors };
}

test.each([
  ['typ', { typ: '' }, {}],
  ['iat', {}, { iat: 8.7e12, exp: 8.8e12 }],
  ['nbf', {}, { nbf: 1e15 }],
])('after a genuine token, one with a hostile %s is refused', async (_, header, claims) => {
  const { page, errors } = await openWith(tokenOf(active as TestKey));
  await verdict(page, 'genuine', 'Genuine');
  await page
    .locator('#token')
    .fill(tokenOf(mallory as TestKey, { sub: 'svc:admin', ...claims }, { kid: active?.jwk.kid, ...header }));
  await page.locator('#verdict[data-kind=refused]').waitFor();
  expect(await page.locator('#decoded').innerText()).toContain('svc:admin');
  expect(errors).toEqual([]);
});

test('while another token is verified, the former verdict is gone, and what stands below is the new one’s', async () => {
  const { page } = await openWith(tokenOf(active as TestKey));
  await verdict(page, 'genuine', 'Genuine');
  // Nobody answers from now on.
  await page.route('**/jwks.json', () => {});
  await page.locator('#token').fill(tokenOf(active as TestKey, { sub: 'svc:other' }));
  await page.waitForTimeout(1000);
  expect(await page.locator('#verdict').getAttribute('data-kind')).toBe('asked');
  expect(await page.locator('#decoded').innerText()).toContain('svc:other');
  await page.locator('#token').fill('');
  await verdict(page, 'empty', 'No token yet');
});

test('where the page itself fails, nothing is told', async () => {
  const { page } = await openWith(tokenOf(active as TestKey));
  await verdict(page, 'genuine', 'Genuine');
  await page.evaluate(() => {
    Object.defineProperty(globalThis, 'isSecureContext', {
      get() {
        throw new RangeError('made up');
      },
    });
  });
  await page.locator('#token').fill(tokenOf(active as TestKey, { sub: 'svc:other' }));
  await verdict(page, 'unavailable', 'Cannot be told');
});

test('time passes: not valid yet, genuine, just expired, expired', async () => {
  const { page } = await openWith(tokenOf(active as TestKey, { nbf: NOW + 300 }));
  await verdict(page, 'refused', 'Not valid yet');
  await setTime(page, NOW + 300);
  await verdict(page, 'genuine', 'Genuine');
  await page.locator('#decoded td', { hasText: 'in 9 minutes' }).waitFor();
  await setTime(page, NOW + 600);
  await page.locator('#decoded td', { hasText: 'in 4 minutes' }).waitFor();
  await setTime(page, NOW + 850);
  await verdict(page, 'doubtful', 'Just expired');
  expect(await page.locator('#verdict').innerText()).toContain('expired 10 seconds ago, still within the leeway of 60');
  await setTime(page, NOW + 900);
  await verdict(page, 'refused', 'Expired');
});

test('a burn is seen by a token that stands there', async () => {
  const served = normal();
  const { page } = await openWith(tokenOf(active as TestKey), served);
  await verdict(page, 'genuine', 'Genuine');
  served.keys = keys.filter((key) => key !== active).map(({ jwk }) => jwk);
  await verdict(page, 'refused', 'Not genuine');
  expect(await page.locator('#verdict').innerText()).toContain('key_unknown');
});

test('as long as nothing can be fetched a token is decoded, and told as soon as it can', async () => {
  const served: Served = { ...normal(), isDown: true };
  const { page } = await openWith(tokenOf(active as TestKey), served);
  await verdict(page, 'unavailable', 'Cannot be told');
  expect(await page.locator('#decoded').innerText()).toContain('svc:checkout');
  served.isDown = false;
  await verdict(page, 'genuine', 'Genuine');
});

test('thousands of claims are not drawn', async () => {
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`c${index}`, index]));
  const { page } = await openWith(tokenOf(active as TestKey, many));
  await verdict(page, 'refused', 'Not genuine');
  expect(await page.locator('#verdict').innerText()).toMatch(/token_too_large\n+.*not even decoded/);
  expect(await page.locator('#decoded tr').count()).toBe(0);
});

test('what nobody would see is written out', async () => {
  const { page } = await openWith(tokenOf(active as TestKey, { sub: 'svc:\u202enimda', 'a\u0000b': ['\u{e0041}x'] }));
  await verdict(page, 'genuine', 'Genuine');
  const rows = await page.locator('#decoded tr').allInnerTexts();
  expect(rows).toContainEqual(expect.stringMatching(/^sub\s+svc:\\u202enimda$/));
  expect(rows).toContainEqual(expect.stringMatching(/^a\\u0000b\s+\["\\u\{e0041\}x"\]$/));
  await page.locator('#token').fill(tokenOf(active as TestKey, { iss: 'https://\u202emoc.elpmaxe' }));
  await verdict(page, 'refused', 'Of another issuer');
  expect(await page.locator('#verdict').innerText()).toContain('"https://\\u202emoc.elpmaxe"');
});
