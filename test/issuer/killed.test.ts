import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, afterEach, expect, test } from 'vitest';
import { Command, endAll, freePort, type Started } from '../command/process.ts';
import { SHORT } from '../functions/issuer.ts';

const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
afterEach(endAll);
afterAll(() => rmSync(directory, { recursive: true }));

/** A rotation every five seconds, and tokens that live through several restarts. */
const FAST = { ...SHORT, grace: '26s', tokenLifetime: '20s', maxTokenLifetime: '20s' };
const config = join(directory, 'keyturn.config.json');
writeFileSync(config, JSON.stringify(FAST));

interface Token {
  readonly token: string;
  readonly kid: string;
  readonly expiresAt: number;
}
type Document = JSONWebKeySet & { readonly documentVersion: number };

async function sign(signUrl: string): Promise<Token | undefined> {
  const body = JSON.stringify({ audience: 'a', claims: { sub: 's' } });
  const response = await fetch(signUrl, { method: 'POST', body }).catch(() => undefined);
  return response?.status === 200 ? ((await response.json()) as Token) : undefined;
}

/** What the edge serves has the key of every token that is live when it is read; the version is at least the former one. */
async function check({ jwksUrl, issuer }: Started, tokens: readonly Token[], version: number): Promise<number> {
  const document = (await (await fetch(jwksUrl)).json()) as Document;
  expect(document.documentVersion).toBeGreaterThanOrEqual(version);
  const keys = createLocalJWKSet(document);
  const currentDate = new Date();
  const live = tokens.filter(({ expiresAt }) => currentDate.getTime() < expiresAt * 1000);
  for (const { token } of live) await jwtVerify(token, keys, { issuer, currentDate });
  return document.documentVersion;
}

test('what --data keeps survives an orderly end', async () => {
  const port = String(await freePort());
  const args = ['local', '--port', port, '--data', join(directory, 'orderly'), '--json'];
  const first = new Command(...args);
  const started = await first.started();
  await first.says(/"documentVersion":2,.*"step":"observe"/);
  let token: Token | undefined;
  await expect.poll(async () => (token = await sign(started.signUrl)), { timeout: 10_000 }).toBeDefined();
  await first.end('SIGINT');

  const second = new Command(...args);
  const again = await second.started();
  expect(again.issuer).toBe(started.issuer);
  await check(again, token ? [token] : [], 2);
  expect((await sign(again.signUrl))?.kid).toBe(token?.kid);
  const report = await (await fetch(again.rotateUrl, { method: 'POST' })).json();
  expect(report).toMatchObject({ steps: [], holds: [], documentVersion: 2 });
});

test('killed at any moment, it goes on where it was', async () => {
  const port = String(await freePort());
  const args = ['local', '--port', port, '--data', join(directory, 'killed'), '--json', '--config', config];
  const tokens: Token[] = [];
  let version = 0;
  // At least until a rotation came in between, and tokens of two keys were at stake.
  const kids = () => new Set(tokens.map(({ kid }) => kid));
  for (let round = 0; round < 5 || kids().size < 2; round++) {
    const command = new Command(...args);
    const started = await command.started();
    if (round > 0) {
      // The keys of live tokens are there from the first answer on, before any tick has repaired anything.
      version = await check(started, tokens, version);
      const response = await fetch(started.rotateUrl, { method: 'POST' });
      const report = (await response.json()) as { documentVersion: number; holds: { kind: string; why: string }[] };
      expect(response.status, JSON.stringify(report)).toBe(200);
      expect(report.holds.filter(({ kind }) => kind !== 'rotation')).toEqual([]);
      version = await check(started, tokens, Math.max(version, report.documentVersion));
    } else {
      await command.says(/"step":"activate"/);
    }
    const deadline = Date.now() + 100 + Math.random() * 1500;
    while (Date.now() < deadline) {
      const token = await sign(started.signUrl);
      if (token) tokens.push(token);
      await sleep(20);
    }
    await command.end('SIGKILL');
    expect(command.stdout).not.toContain('tick-failed');
    expect(command.stderr).toBe('');
  }
});
