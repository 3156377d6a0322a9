/**
 * Two hundred worlds in which everything goes wrong, on the shipped code. `npm run simulate:long` runs as many as are asked
 * for; a seed that fails tells the shortest story that explains it.
 */
import { expect, test } from 'vitest';
import { evidenceOfTrace } from '../../lib/simulator/evidence-of-trace.ts';
import { experience } from '../../lib/simulator/population.ts';
import { type Run, run, runSeed } from '../../lib/simulator/run.ts';
import { shrink } from '../../lib/simulator/shrink.ts';
import { tell } from '../../lib/simulator/story.ts';

const SEEDS = 200;
/** Another stretch of worlds for each change would make a failure nobody's; these are the same for everybody. */
const FIRST = 1;

test(`${SEEDS} seeds keep all eleven invariants`, async () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const found = await runSeed(String(seed), 'short');
    expect(refusals(found)).toEqual([]);
    const [violation] = found.violations;
    if (violation === undefined) continue;
    const [invariant = ''] = violation.split(':');
    const plan = await shrink(found.plan, ({ violations }) =>
      violations.some((one) => one.startsWith(`${invariant}:`)),
    );
    expect.fail(tell(await run(plan)));
  }
});

/** Verifiers with copies of their own, beside the argument about all of them. */
function refusals({ plan, world }: Run): string[] {
  const evidence = evidenceOfTrace(world.trace, world.initialPolicy);
  return (world.initialPolicy.verifiers ?? []).flatMap((verifier) =>
    ['one', 'two'].flatMap((name) =>
      experience(evidence, verifier, `${plan.seed} ${name}`).rejections.map(
        ({ kid, since, until }) => `seed ${plan.seed}: ${verifier.name} refused ${kid} from ${since} to ${until}`,
      ),
    ),
  );
}

test('a seed is one run, the same every time', async () => {
  const once = await runSeed('same', 'short');
  const again = await runSeed('same', 'short');
  expect(again.world.trace).toEqual(once.world.trace);
  expect(once.world.trace.length).toBeGreaterThan(100);
  expect((await runSeed('other', 'short')).world.trace).not.toEqual(once.world.trace);
});
