/** A clock that jumps while a tick is under way: what the clock decides is decided by one that agrees with the table's. */
import { expect, test } from 'vitest';
import { planOf } from '../../lib/simulator/plan.ts';
import { Dice } from '../../lib/simulator/random.ts';
import { run } from '../../lib/simulator/run.ts';

const HOUR = 3600;

test.each(['publisher.read', 'publisher.write', 'edge.fetch', 'store.save'])(
  'an hour forward at %s: no key leaves while its tokens live',
  async (call) => {
    const drawn = planOf('jumps', 'short', new Dice('jumps', 'plan'));
    const jumps = Array.from({ length: 12 }, (_, index) => {
      const at = 700 * (index + 1);
      return { at, kind: 'hinder', call, phase: 'before', skip: 0, how: 'jump', seconds: HOUR } as const;
    });
    const { world, violations } = await run({ ...drawn, disturbances: jumps });
    const refused = world.trace.filter((event) => event.kind === 'tick' && event.holds.length > 0);
    expect(refused.length, 'a clock that has jumped is noticed').toBeGreaterThan(0);
    expect(violations.filter((sentence) => sentence.startsWith('I1:'))).toEqual([]);
  },
);
