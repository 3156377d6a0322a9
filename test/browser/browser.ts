/** A page in a real browser: every request, every violation of its policy and every error on record. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject } from 'vitest';

export interface Seen {
  readonly page: Page;
  /** Method and URL of whatever the browser asked for. */
  readonly requests: readonly string[];
  /** Whatever went out with them. */
  readonly sent: readonly string[];
  /** Errors of the script, and of the console. */
  readonly errors: string[];
}

let browser: Browser | undefined;

export function useBrowser(): void {
  beforeAll(async () => {
    // Everything runs as root in a container; the pages are ours.
    browser = await chromium.launch({
      executablePath: inject('chromium'),
      args: ['--no-sandbox', '--host-resolver-rules=MAP keys 127.0.0.1'],
    });
  });
  afterAll(() => browser?.close());
}

/**
 * @param ready false where the page is not to show its keys
 * @param prepare before anything is fetched
 */
export async function open(
  url: string,
  options: BrowserContextOptions = {},
  ready = true,
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<Seen> {
  if (!browser) throw new Error('useBrowser must be called first');
  const context = await browser.newContext({ colorScheme: 'light', ...options });
  const page = await context.newPage();
  const [requests, sent, errors]: [string[], string[], string[]] = [[], [], []];
  context.on('request', (request) => {
    requests.push(`${request.method()} ${request.url()}`);
    sent.push(JSON.stringify([request.url(), request.postData(), request.headers()]));
  });
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') errors.push(line.text());
  });
  await prepare(page);
  await page.goto(url);
  if (ready) await page.locator('#rows li').first().waitFor();
  return { page, requests, sent, errors };
}

/** Nothing is asked for but what the issuer serves, nothing is sent, and the policy was never in the way. */
export function expectQuiet({ requests, errors }: Seen, origin: string, path = ''): void {
  const allowed = ['', '/.well-known/openid-configuration', '/.well-known/jwks.json', '/timeline.json'];
  const known = allowed.map((end) => `GET ${origin}${path}${end === '' && path === '' ? '/' : end}`);
  expect([...new Set(requests)].filter((request) => !known.includes(request))).toEqual([]);
  expect(errors).toEqual([]);
}

export const rowStates = (page: Page): Promise<(string | null)[]> =>
  page.locator('#rows > li').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-state')));
export const rowOf = (page: Page, kid: string) => page.locator(`#rows > li[data-key="${kid}"]`);
