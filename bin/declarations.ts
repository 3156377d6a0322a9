/** The types of what is imported: tsc's declarations, without those that only the inside needs. */
import { execFileSync } from 'node:child_process';
import { glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** `entries` and `outdir` count from the root, and what lies in `outdir` does too. */
export async function writeDeclarations(root: string, entries: readonly string[], outdir: string): Promise<void> {
  const directory = join(root, outdir);
  const config = join(directory, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rewriteRelativeImportExtensions: true,
    rootDir: root,
    outDir: directory,
  };
  await mkdir(directory, { recursive: true });
  const files = entries.map((entry) => join(root, entry));
  await writeFile(
    config,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: [], files }),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  // What it says goes to the standard error: the standard output is npm pack's.
  execFileSync(process.execPath, [tsc, '-p', config], { stdio: ['ignore', 2, 2] });
  await rm(config);

  const kept = new Set<string>();
  for (const entry of entries) await keep(join(directory, entry), kept);
  for await (const file of glob('**/*.d.ts', { cwd: directory })) {
    if (!kept.has(join(directory, file))) await rm(join(directory, file));
  }
}

const IMPORTED = /(?<=(?:from |import\()(['"]))(\.{1,2}\/[^'"]+)\.ts(?=\1)/g;

/** And whatever it imports. `source` is the file that was declared; tsc leaves its name in the imports. */
async function keep(source: string, kept: Set<string>): Promise<void> {
  const file = source.replace(/\.ts$/, '.d.ts');
  if (kept.has(file)) return;
  kept.add(file);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replaceAll(IMPORTED, '$2.js'));
  for (const [, , path] of text.matchAll(IMPORTED)) await keep(join(dirname(file), `${path}.ts`), kept);
}
