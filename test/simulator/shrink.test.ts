import { expect, test } from 'vitest';
import { planOf } from '../../lib/simulator/plan.ts';
import { Dice } from '../../lib/simulator/random.ts';
import { run } from '../../lib/simulator/run.ts';
import { shrink } from '../../lib/simulator/shrink.ts';
import { tell } from '../../lib/simulator/story.ts';

test('a failure is told with as little as explains it', async () => {
  const drawn = planOf('1', 'short', new Dice('1', 'plan'));
  // A lead that is none: as soon as somebody rotates twice, a key signs that nobody knows.
  const settings = { ...drawn.settings, publicationLead: '1s', unsafeWindows: true };
  const disturbances = [...drawn.disturbances, { at: 60, kind: 'rotate', times: 2 } as const];
  const plan = { ...drawn, settings, disturbances };
  const breaks = ({ violations }: Awaited<ReturnType<typeof run>>) => violations.some((one) => one.startsWith('I1:'));
  expect(breaks(await run(plan))).toBe(true);
  const shortest = await shrink(plan, breaks);
  expect(shortest.disturbances.length).toBeLessThanOrEqual(1);
  expect(shortest.rotatorOffsets).toEqual([0, 0, 0]);
  const found = await run(shortest);
  const story = tell(found);
  expect(story).toMatch(/^seed 1 \(short\): I1: a token of /);
  expect(story).toContain('"publicationLead":"1s"');
  expect(story).toMatch(/signer \d signs with/);
  expect(story.split('\n').length).toBeLessThan(50);
  expect(tell(await run(shortest))).toBe(story);
});
