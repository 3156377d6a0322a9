/** The token inspector on the live JWKS: every verdict, and that nothing of a token goes anywhere. */
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Issuer, startIssuer } from '../functions/issuer.ts';
import { base64url } from '../sdk/verifier/forge.ts';
import { expectQuiet, open, type Seen, useBrowser } from './browser.ts';

useBrowser();

let issuer: Issuer;
let token: string;
let seen: Seen;
beforeAll(async () => {
  // RS256, as it is deployed by default.
  issuer = await startIssuer({ page: true });
  await issuer.report();
  ({ token } = await issuer.sign({ audience: 'orders-api', claims: { sub: 'svc:checkout', note: 'Zürich <b>' } }));
  seen = await open(issuer.policy.issuer);
});
afterAll(() => issuer?.close());

type Members = Record<string, unknown>;
function changed(header: Members, claims: Members = {}): string {
  const [head = '', body = '', signature] = token.split('.');
  const merged = (part: string, members: Members) => base64url({ ...JSON.parse(atob(part)), ...members });
  const plain = Buffer.from(body, 'base64url').toString();
  return [merged(head, header), base64url({ ...JSON.parse(plain), ...claims }), signature].join('.');
}
async function verdictOf(text: string, { page } = seen): Promise<string> {
  const field = page.locator('#token');
  await field.fill('');
  await page.locator('#verdict[data-kind=empty]').waitFor();
  await field.fill(text);
  const said = page.locator(text === '' ? '#verdict' : '#verdict:not([data-kind=empty], [data-kind=asked])');
  return (await said.innerText()).replaceAll(/\n+/g, '\n');
}

test.each<[string, () => string, RegExp]>([
  ['genuine', () => token, /^Genuine\nA token of http:\/\/localhost:\d+\./],
  ['of an unknown key', () => changed({ kid: 'unknown' }), /^Not genuine\n.*key_unknown\n.*burned/],
  ['with another signature', () => `${token.slice(0, -20)}${'A'.repeat(20)}`, /^Not genuine\n.*signature_invalid/],
  ['with other claims', () => changed({}, { sub: 'svc:admin' }), /^Not genuine\n.*signature_invalid/],
  [
    'of another issuer',
    () => changed({}, { iss: 'https://evil.example' }),
    /^Of another issuer\n.*"https:\/\/evil\.example".*issuer_mismatch\n.*\nIts signature does not hold either\./,
  ],
  ['of alg none', () => changed({ alg: 'none' }), /^Not genuine\n.*algorithm_not_allowed\n.*nobody signed it/],
  ['encrypted', () => `${token}.a.b`, /^Not genuine\n.*token_malformed\n.*JWE/],
  ['garbage', () => 'hello <script>alert(1)</script>', /^Not genuine\n.*token_malformed\n.*this has 1/],
  ['none at all', () => '', /^No token yet\n/],
])('a token %s', async (_, make, expected) => {
  expect(await verdictOf(make())).toMatch(expected);
});

test('what it says stands below, as text', async () => {
  await verdictOf(token);
  const rows = await seen.page.locator('#decoded tr').allInnerTexts();
  expect(rows).toContainEqual(expect.stringMatching(/^note\s+Zürich <b>$/));
  expect(rows).toContainEqual(expect.stringMatching(/^exp\s+\d+\s*\d+ \w+ \d{4}, .* UTC, in 1[45] minutes$/));
});

test('an audience is checked where it is named', async () => {
  await verdictOf(token);
  await seen.page.locator('#audience').fill('billing-api');
  await seen.page.locator('#verdict .title', { hasText: 'For somebody else' }).waitFor();
  await seen.page.locator('#audience').fill('orders-api');
  await seen.page.locator('#verdict .title', { hasText: 'Genuine' }).waitFor();
  expect(await seen.page.locator('#verdict').innerText()).not.toContain('was not checked');
  await seen.page.locator('#audience').fill('');
});

test('Clear forgets it', async () => {
  await verdictOf(token);
  await seen.page.locator('#clear').click();
  await seen.page.locator('#verdict[data-kind=empty]').waitFor();
  expect(await seen.page.locator('#decoded').innerText()).toBe('');
  expect(await seen.page.locator('#token').inputValue()).toBe('');
});

test('nothing but the documents was asked for, and no part of a token went out or was kept', async () => {
  expectQuiet(seen, issuer.policy.issuer);
  expect(seen.sent.length).toBeGreaterThan(5);
  for (const part of token.split('.')) {
    expect(seen.sent.filter((sent) => sent.includes(part.slice(0, 24)))).toEqual([]);
  }
  const kept = await seen.page.evaluate(() => [
    localStorage.length,
    sessionStorage.length,
    document.cookie,
    location.href,
  ]);
  expect(kept).toEqual([0, 0, '', `${issuer.policy.issuer}/`]);
});

test('an expired one, and that its signature holds', async () => {
  const later = await open(issuer.policy.issuer);
  await later.page.clock.setSystemTime(Date.now() + 2 * 3_600_000);
  const said = await verdictOf(token, later);
  expect(said).toMatch(
    /^Expired\nexp must not have passed: it ended at .*ago\. token_expired\n.*\nIts signature holds/,
  );
});

test('over plain http under another name it is only decoded', async () => {
  const far = await open(issuer.policy.issuer.replace('localhost', 'keys'));
  expect(await verdictOf(token, far)).toMatch(/^Not verified\n/);
  expect(await far.page.locator('#decoded').innerText()).toContain('svc:checkout');
});

test('the JavaScript that it shows verifies a token', async () => {
  const code = await seen.page.locator('#panel-0 pre').innerText();
  const file = new URL('./.shown.mjs', import.meta.url);
  writeFileSync(file, `const token = process.argv[2];\n${code}\nconsole.log(payload.sub);\n`);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file.pathname, token]);
    expect(stdout).toBe('svc:checkout\n');
  } finally {
    rmSync(file);
  }
});
