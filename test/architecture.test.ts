/** The layout of docs/DESIGN as a test: what each folder may import. It reads the source and names the file. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILES = globSync('{lib,functions,bin}/**/*.{ts,mts,cts,tsx,js,mjs,cjs,jsx}', { cwd: ROOT }).sort();
const MAX_LINES = 250;

interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** From the root of the repository where it is a file of ours; otherwise as written. */
  readonly target: string;
  /** Erased before it runs. `import { type A }` is not: Node still loads the file for it. */
  readonly isTypeOnly: boolean;
}

/** Static, dynamic and type imports, re-exports, and what CommonJS would load. */
function importsOf(file: string, source: string): Import[] {
  const code = withoutComments(source);
  const found: { specifier: string; isTypeOnly: boolean }[] = [];
  const statements = /^\s*(?:import|export)\s+(type\s+(?!from\b))?(?:[\w$*{},\s]+?\sfrom\s*)?['"]([^'"]+)['"]/gm;
  for (const [, type, specifier = ''] of code.matchAll(statements))
    found.push({ specifier, isTypeOnly: type !== undefined });
  // `import('x').Y` in the place of a type is taken for one that runs: stricter than needed, and nobody needs it here.
  for (const [, specifier = ''] of code.matchAll(
    /\b(?:import|require|import\.meta\.resolve)\s*\(\s*['"`]([^'"`]+)['"`]/g,
  ))
    found.push({ specifier, isTypeOnly: false });
  for (const _ of code.matchAll(/\bimport\s*\(\s*[^\s'"`]/g))
    found.push({ specifier: 'what it computes', isTypeOnly: false });
  return found.map(({ specifier, isTypeOnly }) => {
    const target = specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier;
    return { specifier, target, isTypeOnly };
  });
}

/** The comments' text goes, their lines stay. A `//` in a string has no white space before it. */
function withoutComments(source: string): string {
  return source
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}

const SOURCES = new Map(FILES.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));
const IMPORTS = new Map([...SOURCES].map(([file, source]) => [file, importsOf(file, source)]));

interface Rule {
  /** Beside what lies in the folder itself. `type:` before it: types only. A pattern ends with `*`. */
  readonly may: readonly string[];
}
/** Imports point one way. A folder that is not here has no place yet. */
const RULES: Readonly<Record<string, Rule>> = {
  'lib/core/': { may: ['jose', 'valibot', 'node:crypto'] },
  'lib/aws/': { may: ['lib/core/*', '@aws-sdk/*', 'node:*'] },
  'lib/simulator/': { may: ['lib/core/*', 'node:*'] },
  'lib/local/': { may: ['node:*', 'dynalite', '@noble/curves/*'] },
  'lib/cli/': {
    may: [
      ...['lib/core/*', 'lib/aws/*', 'lib/local/*', 'lib/simulator/*', 'lib/sdk/*', 'type:functions/environment.ts'],
      ...['@aws-sdk/*', 'node:*'],
    ],
  },
  // Without Node's modules: it runs in Workers too, and test/sdk/verifier/workers.test.ts shows it.
  'lib/sdk/verifier/': { may: ['lib/core/*', 'type:jose', 'jose/*'] },
  'lib/sdk/': { may: ['lib/core/*', 'jose', 'aws4fetch', 'node:*'] },
  // What runs in a browser knows no module of Node's; test/functions/bundle.test.ts builds it for one.
  'lib/page/': { may: ['lib/core/*', 'lib/sdk/verifier/*'] },
  'lib/cdk/': { may: ['lib/core/*', 'type:functions/environment.ts', 'aws-cdk-lib*', 'constructs', 'node:*'] },
  'functions/': { may: ['lib/core/*', 'lib/aws/*', '@aws-sdk/*', 'type:aws-lambda', 'node:*'] },
  'bin/': { may: ['lib/cli/*', 'lib/cdk/*', 'lib/core/*', 'aws-cdk-lib*', 'cdk-nag', 'esbuild', 'node:*'] },
};

function folderOf(file: string): string | undefined {
  return Object.keys(RULES).find((folder) => file.startsWith(folder));
}

function isAllowed(file: string, { target, isTypeOnly }: Import): boolean {
  const folder = folderOf(file) ?? '';
  if (target.startsWith(folder)) return true;
  return (RULES[folder]?.may ?? []).some((permission) => {
    const pattern = permission.replace(/^type:/, '');
    if (pattern !== permission && !isTypeOnly) return false;
    return pattern.endsWith('*') ? target.startsWith(pattern.slice(0, -1)) : target === pattern;
  });
}

describe('imports point one way', () => {
  test('every folder has its rule', () => {
    expect(FILES.filter((file) => folderOf(file) === undefined)).toEqual([]);
  });

  test.for(FILES)('%s', (file) => {
    const offending = (IMPORTS.get(file) ?? []).filter((one) => !isAllowed(file, one));
    expect(
      offending.map(({ specifier }) => `${file} must not import ${specifier}`),
      `${folderOf(file)} may import itself and ${RULES[folderOf(file) ?? '']?.may.join(', ')}`,
    ).toEqual([]);
  });

  test('no file of ours imports another one in a circle', () => {
    expect(cycles(IMPORTS).map((cycle) => cycle.join(' → '))).toEqual([]);
  });

  test('every import of ours is a file', () => {
    const missing = [...IMPORTS].flatMap(([file, imports]) =>
      imports
        .filter(({ specifier, target }) => specifier.startsWith('.') && !SOURCES.has(target))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    expect(missing).toEqual([]);
  });
});

/** What is loaded while it is being loaded. */
function cycles(imports: ReadonlyMap<string, readonly Import[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) found.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    const loaded = (imports.get(file) ?? []).filter(({ isTypeOnly, target }) => !isTypeOnly && imports.has(target));
    for (const { target } of loaded) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}

/** Time is an argument, and so is chance: the rules know neither. */
const CLOCKS: readonly (readonly [string, RegExp])[] = [
  ['Date.now', /\bDate\s*\.\s*now\b/],
  ['new Date() without an instant', /\bnew\s+Date\s*(?:\(\s*\)|(?!\s*\())/],
  ['Date() as a function', /(?<!\bnew\s+)\bDate\s*\(/],
  ['performance', /\bperformance\b/],
  ['a timer', /\bset(?:Timeout|Interval|Immediate)\b/],
  ['AbortSignal.timeout', /\bAbortSignal\s*\.\s*timeout\b/],
  ['process', /\bprocess\s*\./],
  ['Temporal.Now', /\bTemporal\b/],
];

describe('lib/core knows no clock', () => {
  test.for(FILES.filter((file) => file.startsWith('lib/core/')))('%s', (file) => {
    const code = withoutComments(SOURCES.get(file) ?? '');
    expect(CLOCKS.filter(([, pattern]) => pattern.test(code)).map(([what]) => `${file} must not use ${what}`)).toEqual(
      [],
    );
  });
});

describe('a file is read in one sitting', () => {
  test.for(FILES)('%s', (file) => {
    const lines = (SOURCES.get(file) ?? '').trimEnd().split('\n').length;
    expect(lines, `${file} must have at most ${MAX_LINES} lines`).toBeLessThanOrEqual(MAX_LINES);
  });
});

describe('the reader of imports', () => {
  test.for<[string, Partial<Import>[]]>([
    [`import { a } from './a.ts';`, [{ specifier: './a.ts', target: 'lib/core/a.ts', isTypeOnly: false }]],
    [`import type { a } from '../aws/a.ts';`, [{ target: 'lib/aws/a.ts', isTypeOnly: true }]],
    [`import { type a } from './a.ts';`, [{ isTypeOnly: false }]],
    [`import {\n  type a,\n  b as c,\n} from './a.ts';`, [{ specifier: './a.ts', isTypeOnly: false }]],
    [`import a, * as b from "jose";`, [{ specifier: 'jose' }]],
    [`import type from 'x';`, [{ specifier: 'x', isTypeOnly: false }]],
    [`import 'node:http';`, [{ specifier: 'node:http' }]],
    [`export * from './a.ts';\nexport type { b } from './b.ts';`, [{ isTypeOnly: false }, { isTypeOnly: true }]],
    [`const a = await import('./a.ts');`, [{ specifier: './a.ts' }]],
    [`type A = import('@aws-sdk/client-kms').KMSClient;`, [{ specifier: '@aws-sdk/client-kms' }]],
    ['const a = await import(name);', [{ specifier: 'what it computes' }]],
    ['const a = import.meta.dirname;', []],
    [`const a = require('fs');`, [{ specifier: 'fs' }]],
    [`// import 'x';\n/* import 'y'; */ const url = 'https://a';`, []],
    [`export const a = 1;\nimport { b } from './b.ts';`, [{ specifier: './b.ts' }]],
  ])('%s', ([source, expected]) => {
    expect(importsOf('lib/core/file.ts', source)).toMatchObject(expected);
    expect(importsOf('lib/core/file.ts', source)).toHaveLength(expected.length);
  });

  test('a circle is found, and one of types is none', () => {
    const files = (second: string) =>
      new Map(
        Object.entries({ 'a.ts': `import { b } from './b.ts';`, 'b.ts': second, 'c.ts': `import './a.ts';` }).map(
          ([file, source]) => [file, importsOf(file, source)],
        ),
      );
    expect(cycles(files(`export * from './a.ts';`))).toEqual([['a.ts', 'b.ts', 'a.ts']]);
    expect(cycles(files(`import type { a } from './a.ts';`))).toEqual([]);
  });
});
