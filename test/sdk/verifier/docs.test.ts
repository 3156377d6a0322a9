/** docs/verifiers/keyturn.md: its snippets run, and its codes are the verifier's. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { VERIFICATION_CODES } from '../../../lib/sdk/verifier/errors.ts';
import { by, CLAIMS, forge, HEADER, JWKS, RSA } from './forge.ts';

const TEXT = readFileSync(new URL('../../../docs/verifiers/keyturn.md', import.meta.url), 'utf8');
const SNIPPETS = [...TEXT.matchAll(/^```js\n(.*?)^```/gms)].map(([, code = '']) => code);

let server: Server;
let issuer: string;
beforeAll(async () => {
  server = createServer((_, response) => response.end(JSON.stringify(JWKS)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

function token(claims: object = {}): string {
  const iat = Math.floor(Date.now() / 1000);
  return forge(HEADER, { ...CLAIMS, iss: issuer, iat, exp: iat + 900, scope: 'orders:read', ...claims }, by(RSA));
}

/** The snippet with the package and the issuer of this place, and with what it takes for granted. */
async function run(code: string, given: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const file = new URL(`./.docs-${SNIPPETS.indexOf(code)}.mjs`, import.meta.url);
  vi.stubGlobal('given', given);
  const names = Object.keys(given).join(', ');
  const here = code
    .replaceAll("'keyturn/verifier'", "'../../../lib/sdk/verifier/index.ts'")
    .replaceAll('https://auth.example.com', issuer);
  writeFileSync(file, `const { ${names} } = globalThis.given;\n${here}`);
  try {
    return await import(file.href);
  } finally {
    rmSync(file);
  }
}

const using = (name: string): string => SNIPPETS.find((code) => code.includes(`import { ${name} }`)) ?? '';

describe('its snippets', () => {
  test('verify', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await run(using('createVerifier'), { token: token() });
    expect(log.mock.calls).toEqual([['svc:checkout']]);
    log.mockRestore();
  });

  test('authorize', async () => {
    const { handler } = await run(using('createVerifier, lambdaAuthorizer'), {});
    const event = { version: '2.0', type: 'REQUEST', headers: { authorization: `Bearer ${token()}` } };
    expect(await (handler as (event: object) => unknown)(event)).toMatchObject({ isAuthorized: true });
  });

  test('guard a fetch handler', async () => {
    const { default: worker } = await run(using('createVerifier, fetchMiddleware'), {});
    const { fetch } = worker as { fetch: (request: Request) => Promise<Response> };
    const ask = (headers: Record<string, string>) => fetch(new Request('https://api.example.com', { headers }));
    expect(await (await ask({ authorization: `Bearer ${token()}` })).text()).toBe('hello svc:checkout');
    expect((await ask({})).status).toBe(401);
  });

  test('guard an Express app', async () => {
    const use = vi.fn();
    await run(using('createVerifier, expressMiddleware'), { app: { use } });
    const [path, middleware] = use.mock.calls[0] ?? [];
    const request = { headers: { authorization: `Bearer ${token()}` }, auth: undefined };
    await middleware(request, {}, () => undefined);
    expect(path).toBe('/orders');
    expect(request.auth).toMatchObject({ sub: 'svc:checkout' });
  });

  test('verify tokens of several issuers', async () => {
    await run(using('createVerifiers'), { token: token() });
  });

  test('are all of them', () => expect(SNIPPETS).toHaveLength(5));
});

test('its table has every code, with its status', () => {
  const rows = [...TEXT.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, code, status]) => [code, Number(status)]);
  expect(rows).toEqual(Object.entries(VERIFICATION_CODES).map(([code, { status }]) => [code, status]));
});
