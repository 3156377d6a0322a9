import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NAMES = ['sign', 'rotate', 'operate'];
const directories: string[] = [];

/** Builds in a directory of its own, for the other tests run what lies in dist/. */
async function build(below: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
  directories.push(directory);
  const root = join(directory, below);
  mkdirSync(root, { recursive: true });
  for (const name of ['lib', 'functions', 'node_modules']) symlinkSync(join(ROOT, name), join(root, name));
  for (const name of ['bin', 'package.json', 'tsconfig.json']) {
    cpSync(join(ROOT, name), join(root, name), { recursive: true });
  }
  await promisify(execFile)(process.execPath, [join(root, 'bin', 'bundle.ts')]);
  return join(root, 'dist', 'functions');
}

let built: string;
let builtAgain: string;
beforeAll(async () => {
  built = await build('.');
  builtAgain = await build('elsewhere/and/deeper');
}, 60_000);
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});

const bundle = (directory: string, name: string) => readFileSync(join(directory, name, 'index.js'));

/** The packages whose code is in it. */
function packages(name: string): string[] {
  const { outputs } = JSON.parse(readFileSync(join(built, name, 'meta.json'), 'utf8')) as {
    outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
  };
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const names = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.replace(/^(?:\.\.\/)*/, ''));
  return [...new Set(names)].sort();
}

// docs/ and PERFORMANCE's goals: a cold start is somebody's latency.
test('the signer has at most 200 KiB, and 65 KiB compressed', () => {
  const bytes = bundle(built, 'sign');
  expect(bytes.length).toBeLessThanOrEqual(200 * 1024);
  expect(gzipSync(bytes, { level: 9 }).length).toBeLessThanOrEqual(65 * 1024);
});

test('the signer carries nothing that it does not need', () => {
  const found = packages('sign');
  expect(found).toEqual(expect.arrayContaining(['@aws-sdk/client-kms', '@aws-sdk/client-dynamodb']));
  const unwanted =
    /client-s3|client-cloudfront|client-lambda|tagging|xray|ajv|sso|sts|credential-provider|nested-clients|^jose$|valibot/;
  expect(found.filter((name) => unwanted.test(name))).toEqual([]);
});

test.for(NAMES)('%s brings every package along, and nothing of where it was built', (name) => {
  const text = bundle(built, name).toString();
  const required = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, module]) => String(module));
  // For the access points of several Regions: the SDK tries to load it and goes on without.
  const known = [...builtinModules, '@aws-sdk/signature-v4-crt'];
  expect(required.filter((module) => !known.includes(module.replace(/^node:/, '')))).toEqual([]);
  // Neither where it was built nor a map of its sources.
  expect(text).not.toContain(ROOT);
  expect(text).not.toContain('sourceMappingURL');
});

test.for(NAMES)('%s is the same to the byte wherever it is built', (name) => {
  expect(bundle(built, name).equals(bundle(builtAgain, name))).toBe(true);
});

const page = (directory: string, name: string) => readFileSync(join(directory, name, 'page.html'), 'utf8');

test('rotate has the page beside it, the same to the byte wherever it is built', () => {
  const html = page(built, 'rotate');
  expect(page(builtAgain, 'rotate')).toBe(html);
  expect(['sign', 'operate', 'deploy'].filter((name) => existsSync(join(built, name, 'page.html')))).toEqual([]);
  expect(html).not.toContain(ROOT);
  expect(gzipSync(html, { level: 9 }).length).toBeLessThanOrEqual(32 * 1024);
});

test('the page is whole: nothing in it is fetched from elsewhere, and its policy lets just its own script run', () => {
  const html = page(built, 'rotate');
  const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(html) ?? [];
  expect(html).toContain(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  const markup = html.replace(script, '').replace(/<style>[\s\S]*<\/style>/, '');
  const loaded = [...markup.matchAll(/\b(?:src|href)="([^"]*)"/g)].map(([, url]) => url?.split(',')[0]);
  // The last is a link, which lib/core/page.ts fills in with the issuer's own.
  expect(loaded).toEqual(['data:image/svg+xml', '#inspect', '{{jwks}}']);
  expect(html).not.toMatch(/\bon\w+="|style="|@import|url\(/);
  expect(script).not.toMatch(
    /innerHTML|insertAdjacentHTML|document\.write|\beval\(|localStorage|sessionStorage|cookie/,
  );
});
