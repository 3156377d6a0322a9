/** Where the built functions lie: the same way from lib/cdk, where this is source, and from dist/cdk in the package. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUNDLES = fileURLToPath(new URL('../../dist/functions/', import.meta.url));

/** @throws Error where it has not been built */
export function bundleDirectory(name: string): string {
  const directory = join(BUNDLES, name);
  if (existsSync(join(directory, 'index.js'))) return directory;
  throw new Error(`the functions are not built: run "npm run build" (${directory} has no index.js)`);
}

/** The status page, as the rotator publishes it. */
export const builtPage = (): string => readFileSync(join(bundleDirectory('rotate'), 'page.html'), 'utf8');
