/** The shipped functions publish page and timeline, and nothing hangs on it. No browser is needed for that. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Issuer, startIssuer } from '../functions/issuer.ts';
import { burn, operate } from '../functions/operating.ts';

let issuer: Issuer;
const start = async (page: boolean) => {
  issuer = await startIssuer({ config: { algorithm: 'ES256' }, page });
};
beforeEach(() => start(true));
afterEach(() => issuer.close());

const timeline = () => JSON.parse(issuer.s3.get('public/timeline.json').body.toString());
const versions = (path: string) => issuer.s3.versions(`public/${path}`).length;

test('they are served as HTML and JSON, under the page’s policy', async () => {
  await issuer.report();
  const page = await fetch(`${issuer.url}/`);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; script-src 'sha256-.*frame-ancestors 'none'$/,
  );
  for (const [name, value] of [
    ['x-content-type-options', 'nosniff'],
    ['referrer-policy', 'no-referrer'],
    ['x-frame-options', 'DENY'],
  ] as const) {
    expect(page.headers.get(name)).toBe(value);
  }
  const json = await fetch(`${issuer.url}/timeline.json`);
  expect(json.headers.get('content-type')).toBe('application/json');
  const { keys } = (await json.json()) as { keys: { state: string }[] };
  expect(keys.map(({ state }) => state)).toEqual(['active', 'pending', 'planned']);
});

test('a tick without a step writes nothing', async () => {
  await issuer.report();
  issuer.calls.length = 0;
  await issuer.report();
  expect([versions('index.html'), versions('timeline.json')]).toEqual([1, 1]);
  expect(issuer.calls.filter((call) => /PutObject|CreateInvalidation/.test(call))).toEqual([]);
});

test('a bucket that refuses the page holds up no tick, and the next one mends it', async () => {
  issuer.before = ({ service, operation, input }) =>
    service === 's3' && operation === 'PutObject' && /index|timeline/.test(JSON.stringify(input))
      ? { status: 403, code: 'AccessDenied', message: 'Access Denied' }
      : undefined;
  const { holds, steps } = await issuer.report();
  expect(holds).toEqual([]);
  expect(steps.map(({ step }) => step)).toContain('activate');
  const failed = issuer.lines.filter(({ line }) => line.includes('page-failed'));
  expect(failed.map(({ name, line }) => [name, JSON.parse(line).why])).toEqual([['rotate', 'Access Denied']]);
  expect(versions('timeline.json')).toBe(0);
  issuer.before = undefined;
  await issuer.report();
  expect([versions('index.html'), versions('timeline.json')]).toEqual([1, 1]);
});

test('after a burn the operator writes the timeline, at once and without the burned key', async () => {
  await issuer.report();
  const { kid } = await issuer.sign();
  expect(JSON.stringify(timeline())).toContain(kid);
  await burn(issuer, { kid });
  expect(JSON.stringify(timeline())).not.toContain(kid);
  expect(issuer.calls).toContain('operate s3.PutObject');
  expect(versions('index.html')).toBe(1);
  const { revision } = timeline();
  await operate(issuer, { operation: 'rotate', reason: 'again' });
  expect(timeline().revision).toBeGreaterThan(revision);
});

test('where it was not asked for there is neither', async () => {
  await issuer.close();
  await start(false);
  await issuer.report();
  for (const path of ['/', '/index.html', '/timeline.json']) expect((await fetch(issuer.url + path)).status).toBe(403);
});
