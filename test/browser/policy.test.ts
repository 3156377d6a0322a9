/** The page's policy, as the browser enforces it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Issuer, startIssuer } from '../functions/issuer.ts';
import { open, useBrowser } from './browser.ts';

useBrowser();

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startIssuer({ config: { algorithm: 'ES256' }, page: true });
  await issuer.report();
});
afterAll(() => issuer?.close());

test.each<[string, string, RegExp]>([
  ['asks nobody else', `fetch('https://example.com/')`, /connect-src/],
  [
    'runs no other script',
    `{ const s = document.createElement('script'); s.text = 'window.bad = 1'; document.body.append(s); }`,
    /script|trusted/i,
  ],
  ['makes no markup of text', `document.body.innerHTML = '<p>'`, /TrustedHTML|trusted/i],
  ['evaluates no text', `setTimeout('window.bad = 1')`, /unsafe-eval|trusted/i],
  ['takes no style from markup', `document.body.setAttribute('style', 'color: red')`, /style-src/],
  ['shows no picture from elsewhere', `new Image().src = 'https://example.com/a.png'`, /img-src/],
])('it %s', async (_, script, expected) => {
  const { page, errors } = await open(issuer.policy.issuer);
  expect(errors).toEqual([]);
  // As a script of the page's own would: what the driver evaluates in its own way passes by the policy.
  const said = await page.evaluate(async (text) => {
    const violations: string[] = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective));
    try {
      await (Object.getPrototypeOf(async () => {}).constructor(text) as () => Promise<unknown>)();
    } catch (error) {
      violations.push(String(error));
    }
    await new Promise((done) => setTimeout(done, 100));
    return violations.join(' ');
  }, script);
  expect(`${said} ${errors.join(' ')}`).toMatch(expected);
  expect(await page.evaluate('window.bad')).toBeUndefined();
});

test('nobody frames it', async () => {
  const { page } = await open(issuer.policy.issuer);
  const response = await page.request.get(issuer.policy.issuer);
  expect(response.headers()['content-security-policy']).toContain(`frame-ancestors 'none'`);
  expect(response.headers()['x-frame-options']).toBe('DENY');
});
