/** The keys in time, over a rotation and a burn, and when something is missing. */
import { setTimeout as after } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Issuer, SHORT, startIssuer } from '../functions/issuer.ts';
import { burn, operate } from '../functions/operating.ts';
import { expectQuiet, open, rowOf, rowStates, useBrowser } from './browser.ts';

useBrowser();

/** The page asks every two seconds, and is told at once; the rest is for the machine. */
const SOON = { timeout: 20_000 };

let issuer: Issuer;
/** As the browser has it: its name is localhost. */
const home = () => issuer.policy.issuer;

async function start(config: object = SHORT): Promise<void> {
  issuer = await startIssuer({ config: { algorithm: 'ES256', ...config }, page: true });
  await issuer.report();
}
beforeEach(() => start());
afterEach(() => issuer.close());

test('a rotation and a burn are seen while one looks', async () => {
  const seen = await open(home());
  const { page } = seen;
  expect(await rowStates(page)).toEqual(['active', 'pending', 'planned']);
  expect(await page.locator('h1').textContent()).toBe(home());
  const { kid: first } = await issuer.sign();
  const shown = (kid: string) => rowOf(page, kid).getAttribute('data-state');
  expect(await shown(first)).toBe('active');
  expect(await page.locator('#lead').textContent()).toContain(`Key ${first.slice(0, 12)}… signs.`);
  expect(await page.locator('#upcoming li').count()).toBe(3);

  await after(3200);
  await operate(issuer, { operation: 'rotate', reason: 'key ceremony' });
  // A document at a time: the browser may still hold the one without the new key.
  await expect.poll(() => rowStates(page), SOON).toEqual(['grace', 'active', 'pending', 'planned']);
  expect(await shown(first)).toBe('grace');

  issuer.lambda.kill('sign');
  const { kid: second } = await issuer.sign();
  expect(await shown(second)).toBe('active');
  await burn(issuer, { kid: second });
  await expect.poll(() => rowOf(page, second).count(), SOON).toBe(0);
  await expect.poll(() => rowStates(page), SOON).toContain('active');
  expect(await page.locator('body').textContent()).not.toContain('stolen');
  expectQuiet(seen, home());
});

test('bars stand where their instants are', async () => {
  // Bars glide to their new places, where motion is welcome.
  const { page } = await open(home(), { reducedMotion: 'reduce' });
  // Read at once: the page draws itself anew every two seconds, and the present has moved.
  const { pieces, now } = await page.evaluate(() => {
    const rows = [...document.querySelectorAll('#rows > li')].map((row) =>
      [...row.querySelectorAll('.track .bar')].map((bar) => {
        const { left, right } = bar.getBoundingClientRect();
        const [, kind = ''] = bar.classList;
        return { kind, isPlanned: bar.matches('.planned'), left: Math.round(left), right: Math.round(right) };
      }),
    );
    return { pieces: rows, now: document.querySelector('.today')?.getBoundingClientRect().x };
  });
  if (now === undefined) throw new Error('the present is not drawn');
  for (const { isPlanned, left, right } of pieces.flat()) {
    // What is planned is drawn as such, from this moment on.
    if (isPlanned) expect(left).toBeGreaterThanOrEqual(now - 2);
    else expect(right).toBeLessThanOrEqual(now + 3);
  }
  // The present cuts one in two.
  const bars = pieces.map((row) =>
    row.flatMap((piece, index) => {
      if (row[index - 1]?.kind === piece.kind) return [];
      return [{ ...piece, right: row.findLast(({ kind }) => kind === piece.kind)?.right ?? piece.right }];
    }),
  );
  const [active = [], pending = [], planned = []] = bars;
  expect(active.map(({ kind }) => kind).slice(-2)).toEqual(['signs', 'grace']);
  expect(pending.map(({ kind }) => kind)).toEqual(['published', 'signs', 'grace']);
  // As bars, and not as blocks.
  const [height = 0] = await page.locator('.track .bar').evaluateAll((all) => all.map((bar) => bar.clientHeight));
  expect(height).toBeLessThan(24);
  for (const row of bars) {
    for (const [index, { left, right }] of row.entries()) {
      expect(right).toBeGreaterThan(left);
      if (index > 0) expect(Math.abs(left - (row[index - 1]?.right ?? 0))).toBeLessThanOrEqual(1);
    }
  }
  // One signs until the next one does, and then the one after it is published.
  const handover = active.find(({ kind }) => kind === 'signs')?.right ?? 0;
  expect(Math.abs(handover - (pending[1]?.left ?? 0))).toBeLessThanOrEqual(1);
  expect(Math.abs(handover - (planned[0]?.left ?? 0))).toBeLessThanOrEqual(1);
});

test('without a timeline the keys are there, and the page says what it does not know', async () => {
  issuer.s3.delete('public/timeline.json');
  const { page } = await open(home());
  expect(await rowStates(page)).toEqual(['unknown', 'unknown']);
  expect(await page.locator('#keys-note').textContent()).toBe('When its keys change is not published here.');
  expect(await page.locator('#next').isVisible()).toBe(false);
  expect(await page.locator('#addresses').textContent()).not.toContain('Timeline');
});

test('when nothing answers any more, what was shown stays, with a word', async () => {
  const { page } = await open(home());
  await page.context().setOffline(true);
  await page.locator('#keys-note', { hasText: 'cannot be fetched now' }).waitFor();
  expect(await rowStates(page)).toEqual(['active', 'pending', 'planned']);
  await page.context().setOffline(false);
  await page.locator('#keys-note').waitFor({ state: 'hidden' });
});

test('an issuer with a path has its page at its own address', async () => {
  await issuer.close();
  await start({ issuer: 'https://auth.example.com/tenants/blue' });
  expect(new URL(home()).pathname).toBe('/tenants/blue');
  const seen = await open(home());
  expect(await rowStates(seen.page)).toEqual(['active', 'pending', 'planned']);
  expect(await seen.page.locator('h1').textContent()).toBe(home());
  await seen.page.locator('#token').fill((await issuer.sign()).token);
  await seen.page.locator('#verdict[data-kind=genuine]').waitFor();
  expectQuiet(seen, new URL(home()).origin, '/tenants/blue');
});
