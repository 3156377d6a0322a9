/** The built page over documents that a test makes up, at a time that it chooses. */
import { readFileSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { Algorithm } from '../../lib/core/algorithms.ts';
import { documentPaths, pagePaths } from '../../lib/core/issuer.ts';
import { pageOf } from '../../lib/core/page.ts';
import { contentSecurityPolicy } from '../../lib/core/page-policy.ts';
import type { Timeline, TimelineKey } from '../../lib/core/timeline.ts';
import { makeTestKey, type TestKey } from '../../lib/sdk/testing/test-keys.ts';
import { forge, signer } from '../sdk/verifier/forge.ts';
import { open, type Seen } from './browser.ts';

export const ISSUER = 'https://auth.example.com';
export const NOW = Date.UTC(2027, 1, 24, 9, 30) / 1000;
export const at = (days: number): number => NOW + days * 86_400;

/** May be changed while the page is open. */
export interface Served {
  keys: readonly object[];
  timeline?: readonly TimelineKey[];
  documentVersion?: number;
  isDown?: boolean;
}

const BUILT = new URL('../../dist/functions/rotate/page.html', import.meta.url);
const HTML = pageOf(readFileSync(BUILT, 'utf8'), ISSUER);

export async function serve(page: Page, served: Served): Promise<void> {
  const { jwks, openidConfiguration } = documentPaths(ISSUER);
  await page.route('**/*', (route) => {
    const { keys, timeline, documentVersion = 9, isDown } = served;
    const path = new URL(route.request().url()).pathname;
    if (path === '/') {
      const headers = { 'content-security-policy': contentSecurityPolicy(HTML) };
      return route.fulfill({ body: HTML, contentType: 'text/html', headers });
    }
    const whole: Timeline | undefined = timeline && {
      issuer: ISSUER,
      documentVersion: 9,
      revision: 31,
      keys: timeline,
    };
    const body = {
      [jwks]: { keys, documentVersion },
      [openidConfiguration]: { issuer: ISSUER },
      [pagePaths(ISSUER).timeline]: whole,
    }[path];
    return body === undefined || isDown ? route.fulfill({ status: 503 }) : route.fulfill({ json: body });
  });
}

export const openMadeUp = (served: Served, options: BrowserContextOptions = {}): Promise<Seen> =>
  open(ISSUER, options, !served.isDown && served.keys.length > 0, async (page) => {
    await serve(page, served);
    await setTime(page, NOW);
  });

/** What runs, runs on. */
export const setTime = (page: Page, instant: number): Promise<void> => page.clock.setFixedTime(instant * 1000);

const ALGORITHM: Algorithm = 'ES256';
export const makeKeys = (count: number): Promise<TestKey[]> =>
  Promise.all(Array.from({ length: count }, () => makeTestKey(ALGORITHM)));

/** @param instants in days from now: published, signs, ends, leaves */
export function keyOf(state: TimelineKey['state'], key: TestKey | undefined, ...instants: (number | undefined)[]) {
  const [published, signs, ends, leaves] = instants.map((days) => (days === undefined ? undefined : at(days)));
  const times = { published, signs, ends, leaves };
  return { algorithm: ALGORITHM, state, ...(key && { kid: key.jwk.kid }), ...times } as TimelineKey;
}

/** A rotation every ninety days, of which the last one was so many days ago. */
export const rotated = ([old, active, pending]: readonly TestKey[], ago: number): TimelineKey[] => [
  keyOf('grace', old, -180 - ago, -90 - ago, -ago, 10 - ago),
  keyOf('active', active, -90 - ago, -ago, 90 - ago, 100 - ago),
  keyOf('pending', pending, -ago, 90 - ago, 180 - ago, 190 - ago),
  keyOf('planned', undefined, 90 - ago, 180 - ago),
];

export function tokenOf(key: TestKey, claims: object = {}, header: object = {}): string {
  const said = {
    iss: ISSUER,
    sub: 'svc:checkout',
    aud: 'orders-api',
    iat: NOW - 60,
    exp: NOW + 840,
    jti: 'ebc56d20-8bcd-4d8e-a53c-2a9c5b6d0c11',
    scope: 'orders:read',
  };
  const { kid, alg } = key.jwk;
  return forge({ alg, kid, typ: 'JWT', ...header }, { ...said, ...claims }, signer(alg, key.privateKey));
}
