/** The verifier in a runtime that has Web APIs and nothing of Node's: bundled with jose, run where nothing else exists. */
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import type * as Verifying from '../../../lib/sdk/verifier/index.ts';
import { AUDIENCE, by, CLAIMS, EC, ED, forge, HEADER, ISSUER, JWKS, NOW, RSA, withClaims } from './forge.ts';
import { verdict } from './world.ts';

/** https://min-common-api.proposal.wintertc.org, as far as it is used. */
const WEB_APIS = {
  AbortController,
  AbortSignal,
  atob,
  btoa,
  clearTimeout,
  console,
  crypto,
  CryptoKey,
  fetch: () => Promise.reject(new Error('not here')),
  Headers,
  Request,
  Response,
  setTimeout,
  structuredClone,
  TextDecoder,
  TextEncoder,
  URL,
};

let verifying: typeof Verifying;
let kilobytes: number;
beforeAll(async () => {
  const { outputFiles, warnings } = await build({
    entryPoints: ['lib/sdk/verifier/index.ts'],
    bundle: true,
    write: false,
    // Not `node`: an import of node:anything fails here.
    platform: 'browser',
    conditions: ['workerd', 'worker'],
    format: 'iife',
    globalName: 'verifying',
    target: 'es2024',
    minify: true,
  });
  expect(warnings).toEqual([]);
  const code = outputFiles[0]?.text ?? '';
  kilobytes = code.length / 1024;
  const context = createContext({ ...WEB_APIS });
  runInContext('globalThis.self = globalThis; globalThis.navigator = { userAgent: "Cloudflare-Workers" };', context);
  verifying = runInContext(`${code}; verifying`, context);
});

const options = {
  issuer: ISSUER,
  audience: AUDIENCE,
  algorithms: ['RS256', 'ES256', 'EdDSA'] as const,
  now: () => NOW * 1000,
  fetch: async () => Response.json(JWKS),
};

test.each([RSA, EC, ED])('it verifies $alg', async (key) => {
  const verifier = verifying.createVerifier(options);
  const token = forge({ ...HEADER, alg: key.alg, kid: key.kid }, CLAIMS, by(key));
  expect({ ...(await verifier.verify(token)) }).toEqual(CLAIMS);
  expect(await verdict(verifier.verify(`${token}=`))).toBe('token_malformed');
  expect(await verdict(verifier.verify(`${token}AAAA`))).toBe('signature_invalid');
  expect(await verdict(verifier.verify(withClaims({ exp: NOW - 100 })))).toBe('token_expired');
});

test('it guards a handler', async () => {
  const guard = verifying.fetchMiddleware(verifying.createVerifier(options));
  const handler = guard((_, { sub }) => new Response(`hello ${sub}`));
  const ask = (headers: Record<string, string>) => handler(new Request('https://api.example.com', { headers }));
  expect(await (await ask({ authorization: `Bearer ${withClaims({})}` })).text()).toBe('hello svc:checkout');
  expect((await ask({})).status).toBe(401);
});

test('with jose it is small', () => {
  expect(kilobytes).toBeLessThan(40);
});
