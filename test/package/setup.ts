/** What strangers have: the tarball, and two projects with it, one of which is the example with CDK. */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ROOT, run } from './run.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly tarball: string;
    /** The tarball is all that was asked for. */
    readonly alone: string;
    readonly app: string;
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'keyturn-package-'));
  const tarball = await pack(directory, ROOT);
  const jose = await pack(directory, join(ROOT, 'node_modules', 'jose'));

  const alone = join(directory, 'alone');
  await mkdir(alone);
  await install(alone, { dependencies: { keyturn: `file:${tarball}` } }, jose);

  // As deep as in the repository, so that its README holds.
  const app = join(directory, 'examples', 'cdk-app');
  await cp(join(ROOT, 'examples', 'cdk-app'), app, { recursive: true });
  const { dependencies, type } = JSON.parse(await readFile(join(app, 'package.json'), 'utf8'));
  await install(app, { type, dependencies: { keyturn: dependencies.keyturn } }, jose);
  // In place of minutes of unpacking. Run with --preserve-symlinks they find nothing of the repository's.
  for (const name of ['aws-cdk', 'aws-cdk-lib', 'constructs', '@aws-cdk', '@types', 'undici-types']) {
    await symlink(join(ROOT, 'node_modules', name), join(app, 'node_modules', name));
  }

  provide('tarball', tarball);
  provide('alone', alone);
  provide('app', app);
  return () => rm(directory, { recursive: true });
}

async function pack(to: string, packageDirectory: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', to, packageDirectory], { cwd: ROOT });
  return join(to, stdout.trim());
}

/** Without the network: jose, which is all that the tarball may depend on, comes from beside it. */
async function install(directory: string, manifest: object, jose: string): Promise<void> {
  const overrides = { jose: `file:${jose}` };
  await writeFile(join(directory, 'package.json'), JSON.stringify({ private: true, ...manifest, overrides }));
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund'], { cwd: directory });
}
