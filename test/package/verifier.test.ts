/** What a service imports that only verifies: `keyturn/verifier`, with jose beside it and nothing else. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { expect, inject, test } from 'vitest';
import { ROOT, run } from './run.ts';

const alone = inject('alone');
const installed = join(alone, 'node_modules', 'keyturn');
const TRIAL = `
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'a', alg: 'ES256', use: 'sig' }] };
  const issuer = 'https://auth.example.com';
  const token = await new SignJWT({ sub: 'svc:checkout' }).setIssuer(issuer).setAudience('orders-api')
    .setProtectedHeader({ alg: 'ES256', kid: 'a', typ: 'JWT' }).setIssuedAt().setExpirationTime('15m').sign(privateKey);
  const fetch = async () => Response.json(jwks);
  const verifier = createVerifier({ issuer, audience: 'orders-api', algorithms: ['ES256'], fetch });
  console.log((await verifier.verify(token)).sub);
  await verifier.verify(token + '=').catch((error) => console.log(error instanceof VerificationError, error.code));
`;
const JOSE = '{ exportJWK, generateKeyPair, SignJWT }';
const OURS = '{ createVerifier, VerificationError }';
const esm = `import ${JOSE} from 'jose';\nimport ${OURS} from 'keyturn/verifier';\n${TRIAL}`;
const commonJs = `const ${JOSE} = require('jose');\nconst ${OURS} = require('keyturn/verifier');\n(async () => {${TRIAL}})();`;

test.each([
  ['an ES module', 'verifying.mjs', esm],
  ['CommonJS', 'verifying.cjs', commonJs],
])('it verifies in %s', async (_, file, code) => {
  writeFileSync(join(alone, file), code);
  const { stdout, stderr } = await run(process.execPath, [file], { cwd: alone });
  expect({ stdout, stderr }).toEqual({ stdout: 'svc:checkout\ntrue token_malformed\n', stderr: '' });
});

test('it needs nothing of Node, and is small with jose inside', async () => {
  const text = readFileSync(join(installed, 'dist', 'verifier', 'index.js'), 'utf8');
  expect(text).not.toMatch(/node:|\brequire\(|\bprocess\b|\bBuffer\b/);
  expect(new Set([...text.matchAll(/from ["'](.*)["']/g)].map(([, name]) => name))).toEqual(
    new Set(['jose/jws/compact/verify', 'jose/key/import']),
  );
  const outfile = join(alone, 'worker.js');
  const contents = `export * from 'keyturn/verifier';`;
  const options = { bundle: true, minify: true, platform: 'browser', format: 'esm' } as const;
  await build({ ...options, stdin: { contents, resolveDir: alone }, outfile });
  expect(statSync(outfile).size).toBeLessThan(40_000);
});

const TYPES = `
  import { type Claims, createVerifier, expressMiddleware, fetchMiddleware, lambdaAuthorizer, type Verifier, VerificationError,
    type VerifierOptions } from 'keyturn/verifier';
  const options: VerifierOptions = { issuer: 'https://a.example', audience: ['a'], algorithms: ['RS256'], fetch };
  const verifier: Verifier = createVerifier(options);
  export const subject: Promise<string> = verifier.verify('a.b.c').then((claims: Claims) => claims.sub);
  export const code = (error: VerificationError): string => error.code;
  export const handler: (request: Request) => Promise<Response> =
    fetchMiddleware(verifier, { scopes: ['a'] })((request, { sub }) => new Response(request.url + sub));
  export const authorize = lambdaAuthorizer(verifier, { response: 'iam' });
  export const middleware = expressMiddleware(verifier);
  // @ts-expect-error nobody may choose it but the verifier
  createVerifier({ issuer: 'https://a.example', audience: 'a' });
  // @ts-expect-error a shared secret signs as well as it verifies
  createVerifier({ ...options, algorithms: ['HS256'] });
  // @ts-expect-error scopes
  fetchMiddleware(verifier, { scope: 'a' });
`;

test.each<[string, string, string, object]>([
  ['nodenext', 'nodenext', 'Node', { types: ['node'] }],
  ['node16', 'node16', 'Node', { types: ['node'] }],
  ['esnext', 'bundler', 'Node', { types: ['node'] }],
  ['esnext', 'bundler', 'browsers and Workers', { types: [], lib: ['es2024', 'dom'] }],
])(
  'its types compile with module %s and moduleResolution %s, for %s',
  async (module, moduleResolution, place, more) => {
    const directory = join(alone, `verifier-types-${module}-${place.length}`);
    mkdirSync(directory);
    for (const file of ['index.mts', 'index.cts']) writeFileSync(join(directory, file), TYPES);
    const typeRoots = [join(ROOT, 'node_modules', '@types')];
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2024',
      strict: true,
      noEmit: true,
      typeRoots,
      ...more,
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    await run(process.execPath, [tsc, '-p', directory], { cwd: dirname(tsc) });
  },
);
