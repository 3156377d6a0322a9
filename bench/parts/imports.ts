/**
 * What a service pays at its start for keyturn/verifier and keyturn/client, before either does anything: as the package has
 * them, and the verifier besides as a bundler makes one file of it and of jose.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { IMPORTED } from '../bundles.ts';
import { interleave, median, noiseOf, ratio } from '../interleave.ts';
import type { Part, Row } from '../row.ts';

const ROUNDS = 49;
/** The whole of a process that imports it, in milliseconds of CPU. */
const PROGRAM = `
const file = process.argv[1];
const done = () => {
  const { user, system } = process.cpuUsage();
  process.stdout.write(String((user + system) / 1000));
};
if (file) import(file).then(done);
else done();`;
/** In an ES module the namespace of either loads the whole of undici (nodejs/node#57649). */
const HEAVY = /\bfrom\s*["']node:https?["']|\bimport\s*["']node:https?["']/;

async function run(onProgress: (share: number) => void): Promise<readonly Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
  try {
    const bundled = join(directory, 'verifier.mjs');
    await build({
      entryPoints: [IMPORTED.verifier],
      outfile: bundled,
      ...{ bundle: true, minify: true, platform: 'node', target: 'node22', format: 'esm' },
    });
    const files = { nothing: '', 'nothing again': '', ...IMPORTED, bundled } as const;
    type Name = keyof typeof files;
    const measure = async (name: Name): Promise<number> => {
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', PROGRAM, files[name]]);
      return Number(stdout);
    };
    const names = Object.keys(files) as Name[];
    const samples = await interleave(names, ROUNDS, measure, (round, rounds) => onProgress(round / rounds));
    const again = ratio(samples, 'nothing again', 'nothing');
    const imported = (name: Name, what: string): Row => ({
      what: `a process that imports ${what}, against an empty one`,
      ...{ ...ratio(samples, name, 'nothing'), unit: 'x', goal: 1.15, noise: noiseOf(again) },
      note: `${median(samples[name]).toFixed(1)} ms against ${median(samples.nothing).toFixed(1)} ms`,
    });
    const heavy = [...Object.values(IMPORTED), bundled].filter((file) => HEAVY.test(readFileSync(file, 'utf8')));
    return [
      imported('verifier', 'keyturn/verifier'),
      imported('bundled', 'keyturn/verifier bundled with jose'),
      imported('client', 'keyturn/client'),
      { what: 'static imports of node:http or node:https', value: heavy.length, unit: 'files', goal: 0 },
      { what: 'the empty process against itself', ...again, unit: 'x', note: 'the noise' },
    ];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const imports: Part = { name: 'imports', title: 'an import', run };
