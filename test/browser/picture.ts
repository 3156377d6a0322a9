/** `node test/browser/picture.ts`: draws docs/page.png, the page of an issuer that has lived for a while. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { documentPaths, pagePaths } from '../../lib/core/issuer.ts';
import type { Timeline } from '../../lib/core/timeline.ts';
import { makeTestKey } from '../../lib/sdk/testing/test-keys.ts';
import { forge, signer } from '../sdk/verifier/forge.ts';

const ISSUER = 'https://auth.example.com';
const DAY = 86_400;
const NOW = Date.UTC(2027, 1, 24, 9, 30) / 1000;
const ROOT = new URL('../../', import.meta.url);

const [old, active, pending] = await Promise.all([1, 2, 3].map(() => makeTestKey('RS256')));
if (!old || !active || !pending) throw new Error('three keys must be made');
const at = (days: number) => NOW + days * DAY;
const algorithm = 'RS256';
const timeline: Timeline = {
  issuer: ISSUER,
  documentVersion: 9,
  revision: 31,
  keys: [
    { kid: old.jwk.kid, algorithm, state: 'grace', published: at(-94), signs: at(-94), ends: at(-4), leaves: at(6) },
    {
      kid: active.jwk.kid,
      algorithm,
      state: 'active',
      published: at(-94),
      signs: at(-4),
      ends: at(86),
      leaves: at(96),
    },
    {
      kid: pending.jwk.kid,
      algorithm,
      state: 'pending',
      published: at(-4),
      signs: at(86),
      ends: at(176),
      leaves: at(186),
    },
    { algorithm, state: 'planned', published: at(86), signs: at(176) },
  ],
};
const header = { alg: algorithm, kid: active.jwk.kid, typ: 'JWT' };
const claims = {
  iss: ISSUER,
  sub: 'svc:checkout',
  aud: 'orders-api',
  iat: NOW - 60,
  exp: NOW + 840,
  jti: 'ebc56d20-8bcd-4d8e-a53c-2a9c5b6d0c11',
  scope: 'orders:read',
};
const token = forge(header, claims, signer(algorithm, active.privateKey));

const paths = documentPaths(ISSUER);
const served: Readonly<Record<string, string>> = {
  '/': readFileSync(new URL('dist/functions/rotate/page.html', ROOT), 'utf8'),
  [paths.jwks]: JSON.stringify({ keys: [old.jwk, active.jwk, pending.jwk], documentVersion: 9 }),
  [paths.openidConfiguration]: JSON.stringify({ issuer: ISSUER }),
  [pagePaths(ISSUER).timeline]: JSON.stringify(timeline),
};
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await browser.newPage({ viewport: { width: 1160, height: 1090 } });
await page.route('**/*', (route) => {
  const body = served[new URL(route.request().url()).pathname] ?? '';
  return route.fulfill({ body, contentType: body.startsWith('<') ? 'text/html' : 'application/json' });
});
await page.clock.setFixedTime(NOW * 1000);
await page.goto(ISSUER);
await page.locator('#token').fill(token);
await page.locator('#verdict[data-kind=genuine]').waitFor();
await page.evaluate(() => (document.activeElement as HTMLElement).blur());
await page.evaluate(() => scrollTo(0, 0));
await page.screenshot({ path: fileURLToPath(new URL('docs/page.png', ROOT)) });
await browser.close();
