/**
 * `npm run simulate:long -- --seeds N`: as many worlds as are asked for, with progress. Weeks with the windows that people
 * have, unless `--profile short` asks for hours with every window at its minimum.
 */
import { parseArgs } from 'node:util';
import { PROFILES, type ProfileName } from '../../lib/simulator/profiles.ts';
import { type Run, run, runSeed } from '../../lib/simulator/run.ts';
import { shrink } from '../../lib/simulator/shrink.ts';
import { tell } from '../../lib/simulator/story.ts';
import { Tally } from './long-tally.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    profile: { type: 'string', default: 'weeks' },
  },
});
const profile = values.profile as ProfileName;
if (!Object.hasOwn(PROFILES, profile)) throw new Error(`--profile must be ${Object.keys(PROFILES).join(' or ')}`);
const [seeds, from] = [Number(values.seeds), Number(values.from)];
if (!(Number.isInteger(seeds) && seeds > 0)) throw new Error('--seeds must be a number above 0');

const tally = new Tally();
for (let seed = from; seed < from + seeds; seed++) {
  const found = await runSeed(String(seed), profile);
  tally.add(found);
  if (found.violations.length > 0) process.stdout.write(`${tell(await shortest(found))}\n\n`);
  if ((seed - from + 1) % 10 === 0) process.stderr.write(`${tally.line()} of ${seeds}\n`);
}
process.stdout.write(`${tally.line()}\n`);
process.exitCode = tally.violated > 0 ? 1 : 0;

async function shortest({ plan, violations }: Run): Promise<Run> {
  const [invariant = ''] = violations[0]?.split(':') ?? [];
  return run(await shrink(plan, (shorter) => shorter.violations.some((one) => one.startsWith(`${invariant}:`)), 60));
}
