/** In both themes and on every width: legible, reachable by keys, and told to who cannot see it. */
import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Issuer, startIssuer } from '../functions/issuer.ts';
import { faultsOf } from './accessibility.ts';
import { open, useBrowser } from './browser.ts';
import { contrastFaults } from './contrast.ts';
import { layoutFaults } from './layout.ts';

useBrowser();

/** Where somebody wants to look at them: `SCREENSHOTS=folder npm run test:browser`. */
const FOLDER = process.env.SCREENSHOTS;
if (FOLDER) mkdirSync(FOLDER, { recursive: true });

let issuer: Issuer;
let token: string;
beforeAll(async () => {
  issuer = await startIssuer({ page: true });
  await issuer.report();
  ({ token } = await issuer.sign({ audience: 'orders-api', scope: 'orders:read', claims: { sub: 'svc:checkout' } }));
});
afterAll(() => issuer?.close());

const VERDICTS = { empty: () => '', genuine: () => token, refused: () => `${token.slice(0, -8)}AAAAAAAA` };

async function show(page: Page, kind: keyof typeof VERDICTS): Promise<void> {
  await page.locator('#token').fill(VERDICTS[kind]());
  await page.locator(`#verdict[data-kind=${kind}]`).waitFor();
}

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  test('every text has contrast, whatever the verdict', async () => {
    const { page } = await open(issuer.policy.issuer, { colorScheme, reducedMotion: 'reduce' });
    for (const kind of ['empty', 'genuine', 'refused'] as const) {
      await show(page, kind);
      expect(await page.evaluate(contrastFaults)).toEqual([]);
    }
    const [red = 0] = await page.evaluate(
      () => getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g)?.map(Number) ?? [],
    );
    expect(red > 128).toBe(colorScheme === 'light');
  });

  test.each([1280, 768, 320])('nothing is cut off at a width of %d', async (width) => {
    const { page } = await open(issuer.policy.issuer, { colorScheme, viewport: { width, height: 800 } });
    await show(page, 'genuine');
    expect(await page.evaluate(layoutFaults)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    // WCAG 2.2, 2.5.8.
    const small = await page
      .locator('button:visible, textarea, input')
      .evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().height < 24).map((one) => one.outerHTML));
    expect(small).toEqual([]);
    if (FOLDER) await page.screenshot({ path: `${FOLDER}/${colorScheme}-${width}.png`, fullPage: true });
  });
});

test('what the browser tells a screen reader has names, one order of headings and no empty control', async () => {
  const { page } = await open(issuer.policy.issuer);
  await show(page, 'refused');
  expect(await faultsOf(page)).toEqual([]);
});

test('each copy button copies what stands beside it, and says so', async () => {
  const { page } = await open(issuer.policy.issuer, { permissions: ['clipboard-read', 'clipboard-write'] });
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  for (const row of await page.locator('#addresses > div').all()) {
    await row.getByRole('button').click();
    await expect.poll(copied).toBe(await row.locator('code').innerText());
    expect(await page.locator('#announcer').innerText()).toBe(
      `${(await row.locator('dt').evaluate((name) => name.firstChild?.textContent)) ?? ''} copied`,
    );
  }
  const [row] = await page.locator('#rows > li').all();
  await row?.getByRole('button').click();
  await expect.poll(copied).toBe(await row?.getAttribute('data-key'));
  await page.getByRole('button', { name: 'Copy JavaScript code' }).click();
  await expect.poll(copied).toBe(await page.locator('#panel-0 pre').innerText());
});

test('by keys alone: to the inspector, through a token, to the code in another language', async () => {
  const { page } = await open(issuer.policy.issuer);
  const { keyboard } = page;
  const focused = () =>
    page.evaluate(() => document.activeElement?.id || document.activeElement?.getAttribute('aria-label'));
  await keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the token inspector');
  await keyboard.press('Enter');
  expect(await focused()).toBe('inspect');
  await keyboard.press('Tab');
  expect(await focused()).toBe('token');
  await keyboard.insertText(token);
  await page.locator('#verdict[data-kind=genuine]').waitFor();
  const passed: (string | null | undefined)[] = [];
  for (let count = 0; count < 20 && !String(passed.at(-1)).startsWith('tab-'); count++) {
    await keyboard.press('Tab');
    passed.push(await focused());
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle);
    expect(outline, String(passed.at(-1))).toBe('solid');
  }
  expect(passed).toEqual([
    'audience',
    'clear',
    'Copy Issuer',
    'Copy JWKS',
    'Copy OpenID configuration',
    'Copy Server metadata',
    'Copy Timeline',
    'tab-0',
  ]);
  for (const [key, tab] of [
    ['ArrowRight', 'tab-1'],
    ['End', 'tab-4'],
    ['ArrowRight', 'tab-0'],
    ['ArrowLeft', 'tab-4'],
    ['Home', 'tab-0'],
    ['ArrowRight', 'tab-1'],
  ] as const) {
    await keyboard.press(key);
    expect(await focused()).toBe(tab);
    expect(await page.locator('[role=tabpanel]:visible').getAttribute('aria-labelledby')).toBe(tab);
  }
  await keyboard.press('Tab');
  expect(await focused()).toBe('Copy Python code');
});

test('the focus stays where it is while the page is drawn anew', async () => {
  const { page } = await open(issuer.policy.issuer);
  const button = page.locator('#rows > li').first().getByRole('button');
  await button.focus();
  await page.waitForTimeout(4500);
  expect(await button.evaluate((one) => one === document.activeElement)).toBe(true);
});
