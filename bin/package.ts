/** Builds what is published beside the functions: one directory of dist for each part, ready to run and to import. */
import { glob, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { writeDeclarations } from './declarations.ts';
import { licencesOf } from './licences.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Part {
  /** Of its directory in dist: as deep as lib/cdk and lib/cli, so that ../../dist/functions leads to the functions. */
  readonly name: string;
  readonly entries: Readonly<Record<string, string>>;
  /** CommonJS serves `require` and `import` from one file: nobody meets two classes of the same name. */
  readonly format: 'cjs' | 'esm';
  /** What is the importer's own: everything else is inside. */
  readonly external: readonly string[];
  /** What this kind of module lacks of the other's, where it is used: in a bundle of the importer's it may not run. */
  readonly banner?: string;
  /** False where nobody imports it. */
  readonly declared: boolean;
}
/** For `import.meta.url`. */
const MODULE_URL = `"use strict"; const moduleUrl = require('node:url').pathToFileURL(__filename).href;`;
const REQUIRE = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`;
const PARTS: readonly Part[] = [
  {
    name: 'cdk',
    entries: { index: 'lib/cdk/index.ts' },
    format: 'cjs',
    external: ['aws-cdk-lib', 'constructs'],
    banner: MODULE_URL,
    declared: true,
  },
  {
    name: 'command',
    entries: { keyturn: 'bin/keyturn.ts', 'lambda-bootstrap': 'lib/local/lambda-bootstrap.ts' },
    format: 'esm',
    external: [],
    banner: REQUIRE,
    declared: false,
  },
  { name: 'client', entries: { index: 'lib/sdk/client/index.ts' }, format: 'cjs', external: [], declared: true },
  {
    name: 'testing',
    entries: { index: 'lib/sdk/testing/index.ts' },
    format: 'cjs',
    external: ['jose'],
    declared: true,
  },
  // Workers know no other kind of module, jose is of this kind, and Node requires it too.
  {
    name: 'verifier',
    entries: { index: 'lib/sdk/verifier/index.ts' },
    format: 'esm',
    external: ['jose'],
    declared: true,
  },
];

/** The SDK asks it about the browser that it runs in. */
const bowser: Plugin = {
  name: 'bowser',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/bowser\/[\w/.-]+\.js$/ }, () => ({ contents: 'export default {};' }));
  },
};

/**
 * dynalite keeps its tables in memory; the database of native code that it could keep them in stays out. What it requires
 * by a computed name is found in a bundle only by the whole name.
 */
const dynalite: Plugin = {
  name: 'dynalite',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/level\/index\.js$/ }, () => ({ contents: '' }));
    onLoad({ filter: /\/node_modules\/dynalite\/index\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return { contents: source.replaceAll(/require\(('\.\/\w+\/' \+ action)\)/g, `require($1 + '.js')`) };
    });
  },
};

async function bundle({ name, entries, format, external, banner }: Part): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { ...entries },
    outdir: `dist/${name}`,
    bundle: true,
    platform: 'node',
    target: 'node22.18',
    format,
    external: [...external],
    // The command's verbs are loaded when they are asked for.
    splitting: format === 'esm',
    chunkNames: '[name]-[hash]',
    mainFields: ['module', 'main'],
    ...(banner && { banner: { js: banner } }),
    ...(banner === MODULE_URL && { define: { 'import.meta.url': 'moduleUrl' } }),
    legalComments: 'none',
    // Not the white space: with it would go the comments that say whose code it is.
    minifySyntax: name === 'command',
    minifyIdentifiers: name === 'command',
    plugins: [bowser, dynalite],
    metafile: true,
  });
  return metafile;
}

const metafiles: Metafile[] = [];
for await (const file of glob('dist/functions/*/meta.json', { cwd: root })) {
  metafiles.push(JSON.parse(await readFile(`${root}${file}`, 'utf8')) as Metafile);
}
for (const name of await readdir(`${root}dist`)) {
  if (name !== 'functions') await rm(`${root}dist/${name}`, { recursive: true });
}
for (const part of PARTS) {
  const directory = `dist/${part.name}`;
  metafiles.push(await bundle(part));
  if (part.declared) await writeDeclarations(root, Object.values(part.entries), `${directory}/types`);
  // Declarations always: TypeScript before 5.8 takes no declarations of an ES module for what CommonJS requires.
  const commonJs = part.format === 'cjs' ? directory : `${directory}/types`;
  if (part.format === 'cjs' || part.declared)
    await writeFile(`${root}${commonJs}/package.json`, '{"type":"commonjs"}\n');
}
await writeFile(`${root}dist/THIRD_PARTY_LICENSES`, await licencesOf(root, metafiles));
