/** The languages of the workers: whether this machine has them, and how their programs are made. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lacks, type Program } from '../callers/languages.ts';
import { pythonFor } from '../deploy/python.ts';

const run = promisify(execFile);
export const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Git ignores it, and `npm ci` starts it afresh. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/interop/', import.meta.url));

export type LanguageName = 'python' | 'go' | 'java' | 'rust' | 'node';
/** What can be built from a folder here. */
export interface Source {
  /** Of the folder. */
  readonly name: string;
  readonly title: string;
  /** `cwd` is a copy to build in. */
  program(cwd: string): Program;
  build(cwd: string): Promise<unknown>;
}
/** Its program takes a library's name and then a token a line. */
export interface Language extends Source {
  readonly name: LanguageName;
  /** Why it cannot be tried on this machine. */
  missing(): string | undefined;
}

const python: Language = {
  name: 'python',
  title: 'Python',
  missing: () => lacks(process.env.PYTHON ?? 'python3', ['--version'], /^Python 3\.(\d+)/, 10),
  program: (cwd) => ({ command: readFileSync(join(cwd, 'interpreter'), 'utf8'), args: [join(cwd, 'worker.py')] }),
  build: async (cwd) =>
    writeFileSync(join(cwd, 'interpreter'), await pythonFor('interop', join(HERE, 'python', 'requirements.txt'))),
};

const go: Language = {
  name: 'go',
  title: 'Go',
  missing: () => lacks('go', ['version'], /go1\.(\d+)/, 25),
  program: (cwd) => ({ command: join(cwd, 'worker'), args: [] }),
  build: (cwd) => run('go', ['build', '-mod=readonly', '-o', 'worker', '.'], { cwd }),
};

/** Where Go is. */
export const meshes: Source = {
  name: 'meshes',
  title: 'the check of meshes',
  program: go.program,
  build: go.build,
};

const java: Language = {
  name: 'java',
  title: 'Java',
  missing: () =>
    lacks('javac', ['-version'], /^javac (\d+)/, 17) ?? lacks('mvn', ['-version'], /Apache Maven (\d+\.\d+)/, 3.6),
  program: (cwd) => {
    const path = `${join(cwd, 'target', 'classes')}:${readFileSync(join(cwd, 'target', 'classpath'), 'utf8')}`;
    return { command: 'java', args: ['-XX:TieredStopAtLevel=1', '-cp', path, 'interop.Worker'] };
  },
  build: (cwd) =>
    run('mvn', ['-q', '-B', 'compile', 'dependency:build-classpath', '-Dmdep.outputFile=target/classpath'], { cwd }),
};

const rust: Language = {
  name: 'rust',
  title: 'Rust',
  missing: () => lacks('cargo', ['--version'], /cargo 1\.(\d+)/, 88),
  program: (cwd) => ({ command: join(cwd, 'target', 'debug', 'interop'), args: [] }),
  build: (cwd) => run('cargo', ['build', '--quiet', '--locked', '--target-dir', 'target'], { cwd }),
};

const node: Language = {
  name: 'node',
  title: 'Node',
  missing: () => undefined,
  program: (cwd) => ({ command: process.execPath, args: [join(cwd, 'worker.mjs')] }),
  build: (cwd) => run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd }),
};

export const LANGUAGES: readonly Language[] = [python, go, java, rust, node];

const PRODUCTS = /^(?:target|node_modules|__pycache__)\//;
const sources = (name: string): string[] =>
  globSync('**/*', { cwd: join(HERE, name), withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(HERE, name, '/').length))
    .filter((file) => !PRODUCTS.test(file))
    .sort();

/** Made at the first call for these sources; a build directory of earlier ones is gone on with. */
export async function programOf(language: Source, say: (sentence: string) => void = () => {}): Promise<Program> {
  const { name, title } = language;
  const files = sources(name);
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(HERE, name, file)));
  const digest = hash.digest('hex');
  const cwd = join(CACHE, name);
  const made = join(cwd, 'made');
  if (existsSync(made) && readFileSync(made, 'utf8') === digest) return language.program(cwd);
  const startedAt = Date.now();
  mkdirSync(cwd, { recursive: true });
  rmSync(made, { force: true });
  for (const file of files) cpSync(join(HERE, name, file), join(cwd, file));
  await language.build(cwd);
  writeFileSync(made, digest);
  say(`${title} is built, in ${Math.ceil((Date.now() - startedAt) / 1000)} s`);
  return language.program(cwd);
}
