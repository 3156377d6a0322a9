/** What services and their tests import: as either kind of module, with types, and bundled by somebody else. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { expect, inject, test } from 'vitest';
import { ROOT, run } from './run.ts';

const alone = inject('alone');
const installed = join(alone, 'node_modules', 'keyturn');
const TRIAL = `
  const issuer = await startTestIssuer({ algorithm: 'ES256' });
  const request = { audience: 'orders-api', claims: { sub: 'svc:checkout' } };
  const { token } = await tokenClient({ url: issuer.url + '/sign' }).get(request);
  const keys = createRemoteJWKSet(new URL(issuer.jwksUrl));
  const { payload } = await jwtVerify(token, keys, { issuer: issuer.issuer, audience: 'orders-api' });
  console.log(payload.sub);
  await issuer.close();
`;
const NAMES = [
  ['{ tokenClient }', 'keyturn/client'],
  ['{ startTestIssuer }', 'keyturn/testing'],
  ['{ createRemoteJWKSet, jwtVerify }', 'jose'],
] as const;
const esm = NAMES.map(([names, from]) => `import ${names} from '${from}';`).join('\n') + TRIAL;
const commonJs = `${NAMES.map(([names, from]) => `const ${names} = require('${from}');`).join('\n')}
(async () => {${TRIAL}})();`;

test.each([
  ['an ES module', 'service.mjs', esm],
  ['CommonJS', 'service.cjs', commonJs],
])('as %s, they make a token that verifies', async (_, file, code) => {
  writeFileSync(join(alone, file), code);
  const { stdout, stderr } = await run(process.execPath, [file], { cwd: alone });
  expect({ stdout, stderr }).toEqual({ stdout: 'svc:checkout\n', stderr: '' });
});

// A service that is bundled for Lambda brings nothing of CommonJS along, neither __filename nor require.
test.each(['esm', 'cjs'] as const)('bundled by a service as %s, they make the same token', async (format) => {
  const outfile = join(alone, `bundled.${format === 'esm' ? 'mjs' : 'cjs'}`);
  // A bundle of CommonJS has no top-level await.
  const contents = esm.replace(TRIAL, `(async () => {${TRIAL}})();`);
  await build({
    stdin: { contents, resolveDir: alone },
    outfile,
    bundle: true,
    platform: 'node',
    format,
    // Only the client is what services ship; an issuer for tests may want `require`.
    external: ['keyturn/testing'],
  });
  const { stdout } = await run(process.execPath, [outfile], { cwd: alone });
  expect(stdout).toBe('svc:checkout\n');
});

test('the client is small, loads nothing at its start, and brings no SDK of AWS', () => {
  const file = join(installed, 'dist', 'client', 'index.js');
  expect(statSync(file).size).toBeLessThan(40_000);
  const text = readFileSync(file, 'utf8');
  const packages = [...text.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(([, name]) => name);
  expect(new Set(packages)).toEqual(new Set(['aws4fetch']));
  expect(text).not.toMatch(/\brequire\(/);
});

const TYPES = `
  import { tokenClient, TokenError, type IssuedToken, type TokenRequest } from 'keyturn/client';
  import { startTestIssuer, type TestIssuerOptions } from 'keyturn/testing';
  const request: TokenRequest = { audience: 'orders-api', expiresIn: 60 };
  export const issued: Promise<IssuedToken> = tokenClient({ functionName: 'Sign:orders', region: 'us-east-1' }).get(request);
  export const code = (error: TokenError): string => error.code;
  const options: TestIssuerOptions = { clients: { orders: { audiences: ['orders-api'] } } };
  export const token: Promise<string> = startTestIssuer(options).then(async (issuer) => (await issuer.mint(request)).token);
  // @ts-expect-error an audience must be given
  tokenClient({ url: 'https://example.com' }).get({});
  // @ts-expect-error nobody signs with it
  startTestIssuer({ algorithm: 'HS256' });
`;

test.each([
  ['nodenext', 'nodenext'],
  ['node16', 'node16'],
  ['esnext', 'bundler'],
])('their types, with module %s and moduleResolution %s', async (module, moduleResolution) => {
  const directory = join(alone, `types-${module}`);
  mkdirSync(directory);
  for (const file of ['index.mts', 'index.cts']) writeFileSync(join(directory, file), TYPES);
  const compilerOptions = { module, moduleResolution, target: 'es2024', strict: true, noEmit: true, types: ['node'] };
  const typeRoots = [join(ROOT, 'node_modules', '@types')];
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...compilerOptions, typeRoots } }),
  );
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [tsc, '-p', directory], { cwd: dirname(tsc) });
});
