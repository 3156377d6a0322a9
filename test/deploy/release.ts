/** The release before this one, as it was: its constructs, and the bundles that it builds. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
/** Until there is a tag. */
const FIRST = '098479f14640281b52ac81f370b7a8146f815afa';

export interface Release {
  readonly url: string;
  readonly close: () => void;
}

/**
 * Undefined where the history is not at hand: in an archive, in a shallow clone.
 *
 * @throws Error where it is, and does not have it: then the way back would never be tried again
 */
export async function releaseBefore(): Promise<Release | undefined> {
  const commit = await git('rev-parse', '--verify', `${await lastTag()}^{commit}`).catch(() => undefined);
  if (commit === undefined) {
    if (await isWhole()) throw new Error(`the release before must be in the history, which has no ${await lastTag()}`);
    return undefined;
  }
  // Not below node_modules, where Node takes no TypeScript.
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-release-'));
  const close = () => rmSync(directory, { recursive: true, force: true });
  try {
    await git('archive', '--output', join(directory, 'release.tar'), commit, 'bin', 'lib', 'functions', 'package.json');
    await run('tar', ['-xf', 'release.tar'], directory);
    symlinkSync(join(CHECKOUT, 'node_modules'), join(directory, 'node_modules'));
    await run(process.execPath, ['bin/bundle.ts'], directory);
  } catch (error) {
    close();
    throw error;
  }
  return { url: pathToFileURL(`${directory}/`).href, close };
}

const lastTag = (): Promise<string> =>
  git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*', 'HEAD^').catch(() => FIRST);

const isWhole = (): Promise<boolean> =>
  git('rev-parse', '--is-shallow-repository').then(
    (isShallow) => isShallow === 'false',
    () => false,
  );

const git = (...args: string[]): Promise<string> => run('git', args, CHECKOUT);

async function run(command: string, args: string[], cwd: string): Promise<string> {
  return (await promisify(execFile)(command, args, { cwd })).stdout.trim();
}
