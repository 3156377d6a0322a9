/** `node test/browser/picture.ts`: draws docs/page.png, the page of an issuer that has lived for a while. */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { ISSUER, makeKeys, NOW, rotated, serve, setTime, tokenOf } from './made-up.ts';

const keys = await makeKeys(3);
const [, active] = keys;
if (!active) throw new Error('three keys must be made');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage({ viewport: { width: 1160, height: 1290 } });
await serve(page, { keys: keys.map(({ jwk }) => jwk), timeline: rotated(keys, 4) });
await setTime(page, NOW);
await page.goto(ISSUER);
await page.locator('#token').fill(tokenOf(active));
await page.locator('#verdict[data-kind=genuine]').waitFor();
await page.evaluate(() => (document.activeElement as HTMLElement).blur());
await page.evaluate(() => scrollTo(0, 0));
await page.screenshot({ path: fileURLToPath(new URL('../../docs/page.png', import.meta.url)) });
await browser.close();
