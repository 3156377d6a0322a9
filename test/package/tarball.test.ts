import { createHash } from 'node:crypto';
import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { ROOT, run } from './run.ts';

const alone = inject('alone');
const tarball = inject('tarball');
const installed = join(alone, 'node_modules', 'keyturn');
const files = globSync('**/*', { cwd: installed, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name).slice(installed.length + 1))
  .sort();

test('who asks for the tarball gets jose beside it, and nothing else', () => {
  const names = readdirSync(join(alone, 'node_modules')).filter((name) => !name.startsWith('.'));
  expect(names).toEqual(['jose', 'keyturn']);
  // Without the network an optional one would be missing in silence.
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  expect(Object.keys(manifest.dependencies)).toEqual(['jose']);
  expect(manifest.optionalDependencies).toBeUndefined();
  expect(manifest.peerDependenciesMeta).toEqual({ 'aws-cdk-lib': { optional: true }, constructs: { optional: true } });
});

test('it holds what is built and what explains it, and nothing else', () => {
  expect(files.filter((file) => !file.startsWith('dist/'))).toEqual(['LICENSE', 'README.md', 'package.json']);
  const kinds = files.map((file) => file.replace(/^dist\/(\w+\/types|\w+).*?((\.d)?\.\w+)?$/, '$1 $2'));
  expect([...new Set(kinds)].sort()).toEqual([
    'LICENSE',
    'README.md',
    'THIRD_PARTY_LICENSES ',
    'cdk .js',
    'cdk .json',
    'cdk/types .d.ts',
    'client .js',
    'client .json',
    'client/types .d.ts',
    'command .js',
    'functions .html',
    'functions .js',
    'functions .json',
    'package.json',
    'testing .js',
    'testing .json',
    'testing/types .d.ts',
    'verifier .js',
    'verifier/types .d.ts',
    'verifier/types .json',
  ]);
});

test('it is small', () => {
  expect(statSync(tarball).size).toBeLessThan(1_200_000);
});

test('the same source makes the same bytes', async () => {
  const digest = () => createHash('sha256').update(readFileSync(tarball)).digest('hex');
  const before = digest();
  await run('npm', ['pack', '--silent', '--pack-destination', join(tarball, '..')], { cwd: ROOT });
  expect(digest()).toBe(before);
});

test.each(files)('%s does not say where it was built', (file) => {
  expect(readFileSync(join(installed, file), 'utf8')).not.toContain(ROOT);
});

test('every package whose code is inside is named, with its licence', () => {
  const text = readFileSync(join(installed, 'dist', 'THIRD_PARTY_LICENSES'), 'utf8');
  for (const name of ['@aws-sdk/client-kms', '@smithy/core', '@noble/curves', 'dynalite', 'memory-level', 'jose']) {
    const { version, license } = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'));
    expect(text).toContain(`\n${name} ${version} (${license})\n`);
  }
  // Those names stand in comments of the command's bundle, which is not minified.
  const command = globSync('dist/command/*.js', { cwd: installed }).map((file) =>
    readFileSync(join(installed, file), 'utf8'),
  );
  for (const [, name] of command.join('').matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)) {
    expect(text).toMatch(new RegExp(`^${name} \\S+ \\(`, 'm'));
  }
});
