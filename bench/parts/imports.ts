/** What a service pays at its start for keyturn/verifier and keyturn/client, before either does anything. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { ROOT } from '../bundles.ts';
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

const FILES = { nothing: '', 'nothing again': '', verifier: 'verifier.mjs', client: 'client.mjs' } as const;
type Name = keyof typeof FILES;

async function run(onProgress: (share: number) => void): Promise<readonly Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
  try {
    for (const name of ['verifier', 'client'] as const) {
      await build({
        entryPoints: [join(ROOT, `lib/sdk/${name}/index.ts`)],
        outfile: join(directory, FILES[name]),
        ...{ bundle: true, minify: true, platform: 'node', target: 'node22', format: 'esm' },
      });
    }
    const heavy = ['verifier', 'client'].filter((name) =>
      HEAVY.test(readFileSync(join(directory, `${name}.mjs`), 'utf8')),
    );
    const measure = async (name: Name): Promise<number> => {
      const file = FILES[name] && join(directory, FILES[name]);
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', PROGRAM, file]);
      return Number(stdout);
    };
    const samples = await interleave(Object.keys(FILES) as Name[], ROUNDS, measure, (round, rounds) =>
      onProgress(round / rounds),
    );
    const again = ratio(samples, 'nothing again', 'nothing');
    const noise = noiseOf(again);
    const imported = (name: Name): Row => ({
      what: `a process that imports keyturn/${name}, against an empty one`,
      ...{ ...ratio(samples, name, 'nothing'), unit: 'x', goal: 1.15, noise },
      note: `${median(samples[name]).toFixed(1)} ms against ${median(samples.nothing).toFixed(1)} ms`,
    });
    return [
      imported('verifier'),
      imported('client'),
      { what: 'static imports of node:http or node:https', value: heavy.length, unit: 'files', goal: 0 },
      { what: 'the empty process against itself', ...again, unit: 'x', note: 'the noise' },
    ];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const imports: Part = { name: 'imports', title: 'an import', run };
