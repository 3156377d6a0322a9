import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { expect, inject, test } from 'vitest';
import { run } from './run.ts';

const alone = inject('alone');
const keyturn = join(alone, 'node_modules', '.bin', 'keyturn');

test('keyturn --help names its verbs', async () => {
  const { stdout, stderr } = await run(keyturn, ['--help'], { cwd: alone });
  expect(stdout).toMatch(
    /^Usage: keyturn VERB \[options\]\n\n(?: {2}[^\n]*\n)* {2}local +run the whole issuer on this machine\n/,
  );
  expect(stderr).toBe('');
});

test('keyturn local issues tokens that jose verifies, and keeps its keys in --data', async () => {
  const data = mkdtempSync(join(alone, 'data-'));
  const port = String(20_000 + (process.pid % 10_000));
  const kids: unknown[] = [];
  for (const _ of ['first', 'again']) {
    const running = spawn(keyturn, ['local', '--json', '--port', port, '--data', data], { cwd: alone });
    const ended = once(running, 'exit');
    let stderr = '';
    running.stderr.on('data', (text) => {
      stderr += text;
    });
    const [line] = await Promise.race([once(createInterface({ input: running.stdout }), 'line'), ended]);
    expect(stderr).toBe('');
    const { issuer, signUrl, jwksUrl } = JSON.parse(line) as Record<string, string>;
    const { token } = await firstToken(signUrl ?? '');
    const jwks = createRemoteJWKSet(new URL(jwksUrl ?? ''));
    const { payload, protectedHeader } = await jwtVerify(token, jwks, { issuer: `${issuer}`, audience: 'orders-api' });
    expect(payload.sub).toBe('svc:checkout');
    kids.push(protectedHeader.kid);
    running.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(stderr).toBe('');
  }
  expect(kids[1]).toBe(kids[0]);
  expect(readdirSync(join(data, `port-${port}`, 'dynamodb'))).toEqual(['items.json']);
});

/** The first key signs once the edge was seen to serve it. */
async function firstToken(signUrl: string): Promise<{ token: string }> {
  const body = JSON.stringify({ audience: 'orders-api', claims: { sub: 'svc:checkout' } });
  for (const deadline = Date.now() + 20_000; ; await sleep(50)) {
    const response = await fetch(signUrl, { method: 'POST', body });
    if (response.ok) return (await response.json()) as { token: string };
    if (Date.now() > deadline) throw new Error(await response.text());
  }
}
