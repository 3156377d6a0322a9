/** A Chromium: the one that CHROMIUM names, the one that is there, or Debian's package. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    readonly chromium: string;
  }
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

export default function install({ provide }: TestProject): void {
  let found = process.env.CHROMIUM ?? onPath();
  if (found === undefined) {
    installPackage();
    found = onPath();
  }
  if (found === undefined) {
    throw new Error(`a Chromium must be there: put ${NAMES[0]} on the PATH, or name it with CHROMIUM=/path/to/it`);
  }
  provide('chromium', found);
}

function onPath(): string | undefined {
  const files = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Where it may: as root, on Debian and what comes from it. */
function installPackage(): void {
  const apt = (...args: string[]) => execFileSync('apt-get', args, { stdio: 'inherit' });
  try {
    apt('update', '-qq');
    apt('install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core');
  } catch {
    // The sentence of whoever looks for it says what to do.
  }
}
