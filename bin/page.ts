/** Builds the status page: one HTML file that asks for nothing but the issuer's own documents. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { build, type Metafile } from 'esbuild';

export interface BuiltPage {
  readonly html: string;
  /** Whose code is inside. */
  readonly metafile: Metafile;
}

export async function buildPage(root: string): Promise<BuiltPage> {
  const options = { absWorkingDir: root, bundle: true, minify: true, write: false, legalComments: 'none' } as const;
  const script = await build({
    ...options,
    entryPoints: ['lib/page/main.ts'],
    platform: 'browser',
    format: 'iife',
    target: 'es2024',
    metafile: true,
  });
  const style = await build({ ...options, entryPoints: ['lib/page/page.css'], target: 'es2024' });
  const template = await readFile(`${root}lib/page/page.html`, 'utf8');
  const parts = { script: script.outputFiles[0]?.text.trim() ?? '', style: style.outputFiles[0]?.text.trim() ?? '' };
  // By functions, for a text may hold `$&`.
  const html = template
    .replace('<!-- policy -->', () => `<meta http-equiv="Content-Security-Policy" content="${policyOf(parts)}">`)
    .replace('<!-- style -->', () => `<style>${parts.style}</style>`)
    .replace('<!-- script -->', () => `<script>${parts.script}</script>`);
  return { html, metafile: script.metafile };
}

/**
 * Only this script and this style run, nothing but the origin itself is asked, and no text becomes markup. lib/core/page-policy.ts
 * makes the header of it.
 */
function policyOf({ script, style }: { readonly script: string; readonly style: string }): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    `default-src 'none'`,
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    `img-src data:`,
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `require-trusted-types-for 'script'`,
    `trusted-types 'none'`,
  ].join('; ');
}
