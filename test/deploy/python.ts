/**
 * The emulators are Python programs, which this repository pins with their hashes and installs in environments of its
 * own, below node_modules. Of the machine it wants python3 alone: Debian's comes without pip and without ensurepip.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Program = 'ministack' | 'moto';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Git ignores it, and `npm ci` starts it afresh. */
export const CACHE = fileURLToPath(new URL('../../node_modules/.cache/emulators/', import.meta.url));
const PYTHON = process.env.PYTHON ?? 'python3';
/** For a python3 that cannot make a pip: a wheel runs without being installed. Version 26.3. */
const PIP_SHA256 = 'f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13';
const INDEX = process.env.PIP_INDEX_URL ?? 'https://pypi.org/simple';

type Say = (sentence: string) => void;

export const pythonWith = (program: Program, say?: Say): Promise<string> =>
  pythonFor(program, join(HERE, 'requirements', `${program}.txt`), say);

/** The interpreter that has what a file of pinned requirements names, made at the first call for this version of it. */
export async function pythonFor(program: string, requirements: string, say: Say = () => {}): Promise<string> {
  const { stdout: version } = await python(['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  requireVersion(version.trim());
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .update(version)
    .digest('hex');
  const directory = join(CACHE, `${program}-${digest.slice(0, 12)}`);
  const interpreter = join(directory, 'bin', 'python');
  const made = join(directory, 'made');
  if (existsSync(made)) return interpreter;
  say(`installing ${program} (once, into ${directory})`);
  await rm(directory, { recursive: true, force: true });
  const install = ['install', '--quiet', '--require-hashes', '--only-binary=:all:', '-r', requirements];
  await run(interpreter, [...(await withPip(directory)), ...install]);
  await writeFile(made, '');
  return interpreter;
}

/** An empty environment, and how its interpreter is told to be pip. */
async function withPip(directory: string): Promise<string[]> {
  try {
    await python(['-m', 'venv', directory]);
    return ['-m', 'pip'];
  } catch {
    await rm(directory, { recursive: true, force: true });
    await python(['-m', 'venv', '--without-pip', directory]);
    return [join(await pipWheel(), 'pip')];
  }
}

/** https://packaging.python.org/en/latest/specifications/simple-repository-api/ */
async function pipWheel(): Promise<string> {
  const page = await fetch(`${INDEX}/pip/`, { headers: { accept: 'application/vnd.pypi.simple.v1+json' } });
  const { files } = (await page.json()) as { files: { url: string; hashes: { sha256: string } }[] };
  const entry = files.find(({ hashes }) => hashes.sha256 === PIP_SHA256);
  if (!entry) throw new Error(`${INDEX} has no pip whose SHA-256 is ${PIP_SHA256}`);
  const wheel = Buffer.from(await (await fetch(new URL(entry.url, page.url))).arrayBuffer());
  const digest = createHash('sha256').update(wheel).digest('hex');
  if (digest !== PIP_SHA256) throw new Error(`the pip of ${INDEX} must have the SHA-256 ${PIP_SHA256}, got ${digest}`);
  await mkdir(CACHE, { recursive: true });
  const file = join(CACHE, 'pip.whl');
  await writeFile(file, wheel);
  return file;
}

function requireVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major !== 3 || minor < 10) throw new Error(`these tests need Python 3.10 or later, ${PYTHON} is ${version}`);
}

async function python(args: string[]): Promise<{ stdout: string }> {
  try {
    return await run(PYTHON, args);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new Error(
      `these tests need Python 3.10 or later, and there is no ${PYTHON}: install it, or name it in PYTHON`,
      {
        cause,
      },
    );
  }
}
