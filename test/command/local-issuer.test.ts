/** An issuer that others find under another name than this machine's: `keyturn local --issuer`. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, expect, test, vi } from 'vitest';
import { Command, endAll } from './process.ts';

const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
afterAll(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
});

const ISSUER = 'http://issuer:4790/tenant';
const token = (signUrl: string) =>
  vi.waitFor(
    async () => {
      const body = JSON.stringify({ audience: 'orders-api', claims: { sub: 'svc:checkout' } });
      const answer = (await (await fetch(signUrl, { method: 'POST', body })).json()) as { token?: string };
      expect(answer.token).toBeDefined();
      return answer.token as string;
    },
    { timeout: 15_000, interval: 100 },
  );

test('tokens and documents have that name, and it keeps its keys', async () => {
  const kids: unknown[] = [];
  for (const _ of ['first', 'again']) {
    const args = ['--json', '--host', '0.0.0.0', '--port', '0', '--data', directory, '--issuer', ISSUER];
    const command = new Command('local', ...args);
    const { issuer, jwksUrl, signUrl } = await command.started();
    expect({ issuer, jwksUrl }).toEqual({ issuer: ISSUER, jwksUrl: `${ISSUER}/.well-known/jwks.json` });
    const signed = await token(signUrl);
    expect(decodeJwt(signed).iss).toBe(ISSUER);
    kids.push(decodeProtectedHeader(signed).kid);
    const { origin } = new URL(signUrl);
    const discovery = await fetch(`${origin}/tenant/.well-known/openid-configuration`);
    expect(await discovery.json()).toMatchObject({ issuer: ISSUER, jwks_uri: jwksUrl });
    const { keys } = (await (await fetch(`${origin}${new URL(jwksUrl).pathname}`)).json()) as {
      keys: { kid: string }[];
    };
    expect(keys.map(({ kid }) => kid)).toContain(kids.at(-1));
    await command.end('SIGTERM');
  }
  expect(kids[1]).toBe(kids[0]);
  expect(readdirSync(directory)).toEqual(['issuer-4790-tenant']);
});

test('a name over http that is none of a container’s is refused', async () => {
  const command = new Command('local', '--port', '0', '--issuer', 'http://auth.example.com');
  expect((await command.ended).status).toBe(2);
  expect(command.stderr).toContain('issuer must use https (http only on localhost, or at a name without a dot)');
});
