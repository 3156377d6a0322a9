/** What the shipped function is compared with, bundled as its authors would. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The function as it is deployed. */
export const SHIPPED = join(ROOT, 'dist/functions/sign/index.js');
/** What others import, as it is in the package. */
export const IMPORTED = {
  verifier: join(ROOT, 'dist/verifier/index.js'),
  client: join(ROOT, 'dist/client/index.js'),
} as const;

const EMPTY = `export const handler = async () => ({ token: 'a.b.c' });`;
/** The one call that every token costs, and nothing else. */
const BARE = `import { KMSClient, SignCommand } from '@aws-sdk/client-kms';
const client = new KMSClient();
const Message = new Uint8Array(32);
export const handler = () => client.send(new SignCommand({
  KeyId: process.env.BENCH_KEY, SigningAlgorithm: process.env.BENCH_ALGORITHM, MessageType: 'DIGEST', Message }));`;

const CJS: BuildOptions = { format: 'cjs', supported: { 'dynamic-import': false }, mainFields: ['module', 'main'] };
/** "Use ES modules and minify" is what everybody is told. */
const ESM: BuildOptions = {
  format: 'esm',
  banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
};

const SOURCES = {
  empty: [EMPTY, CJS, 'cjs'],
  bare: [BARE, CJS, 'cjs'],
  naive: [BARE, ESM, 'mjs'],
} as const;
export type Compared = keyof typeof SOURCES;

/** Paths of the bundles, and how to be rid of them. */
export async function buildCompared(): Promise<{ readonly path: (name: Compared) => string; remove(): void }> {
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
  const path = (name: Compared) => join(directory, `${name}.${SOURCES[name][2]}`);
  for (const [name, [contents, options]] of Object.entries(SOURCES)) {
    await build({
      stdin: { contents, resolveDir: ROOT },
      outfile: path(name as Compared),
      bundle: true,
      minify: true,
      platform: 'node',
      target: 'node24',
      logLevel: 'error',
      ...options,
    });
  }
  return { path, remove: () => rmSync(directory, { recursive: true }) };
}
