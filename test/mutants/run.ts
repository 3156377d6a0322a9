/**
 * `npm run test:mutants`: is every fault of design noticed within sixty seeds? Each mutant is a private copy of the rules
 * and the simulator with one change; the tree itself is not touched.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { MUTANTS, type Mutant } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PARTS = ['lib/core', 'lib/simulator', 'test/mutants', 'package.json'];
const run = promisify(execFile);

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '60' },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
  },
});

interface Answer {
  readonly seed?: number;
  readonly found?: string;
  readonly others: readonly string[];
}

async function seek({ edits, invariant }: Mutant): Promise<Answer> {
  const copy = mkdtempSync(join(tmpdir(), 'keyturn-mutant-'));
  try {
    for (const part of PARTS) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    for (const [file, from, to] of edits) {
      const path = join(copy, 'lib/core', file);
      const source = readFileSync(path, 'utf8');
      const places = source.split(from).length - 1;
      if (places !== 1)
        throw new Error(`${JSON.stringify(from)} must be once in lib/core/${file}, it is there ${places} times`);
      writeFileSync(
        path,
        source.replace(from, () => to),
      );
    }
    const { stdout } = await run(process.execPath, [join(copy, 'test/mutants/seek.ts'), invariant, values.seeds]);
    return JSON.parse(stdout) as Answer;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const queue = MUTANTS.filter(({ name }) => name.includes(values.only));
const total = queue.length;
let missed = 0;
async function work(): Promise<void> {
  for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
    const { seed, found, others } = await seek(mutant);
    if (seed === undefined) missed += 1;
    const also = others.length > 0 ? `, also ${others.join(' ')}` : '';
    const outcome = seed === undefined ? `NOT CAUGHT by ${mutant.invariant}` : `${mutant.invariant} at seed ${seed}`;
    process.stdout.write(`${outcome}${also}: ${mutant.name}${found ? `\n    ${found}` : ''}\n`);
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
process.stdout.write(`${total - missed} of ${total} mutants were caught within ${values.seeds} seeds\n`);
process.exitCode = missed > 0 ? 1 : 0;
