/** Whose code is inside the bundles, and the texts that their licences want beside it. */
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** Of every package with a line in one of the outputs; packages with the same text stand together. */
export async function licencesOf(root: string, metafiles: readonly Metafile[]): Promise<string> {
  const directories = new Set(metafiles.flatMap(packagesOf));
  const holders = new Map<string, string[]>();
  for (const directory of [...directories].sort()) {
    const { name, text } = await licenceOf(join(root, directory));
    holders.set(text, [...(holders.get(text) ?? []), name]);
  }
  const chapters = [...holders].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return ['Code of these others is in the bundles of this package.\n', ...chapters].join(`\n${'-'.repeat(80)}\n\n`);
}

async function licenceOf(directory: string): Promise<{ readonly name: string; readonly text: string }> {
  const { name, version, license, author } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  const kind = license.type ?? license;
  const files = globSync('{LICENSE,LICENCE,NOTICE,license,licence}*', { cwd: directory }).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  const text = texts.map((one) => one.trim()).join('\n\n') || `By ${author.name ?? author}, under ${kind}.`;
  return { name: `${name} ${version} (${kind})`, text };
}

function packagesOf({ outputs }: Metafile): string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .flatMap(([file]) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []),
  );
}
