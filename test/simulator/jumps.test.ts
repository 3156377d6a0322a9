/** A clock that jumps while a tick is under way: what the clock decides is decided by one that agrees with the table's. */
import { expect, test } from 'vitest';
import { planOf } from '../../lib/simulator/plan.ts';
import { Dice } from '../../lib/simulator/random.ts';
import { run } from '../../lib/simulator/run.ts';

const HOUR = 3600;

const CALLS = ['publisher.read', 'publisher.write', 'edge.fetch', 'keys.create', 'signer.sign', 'store.save'];
const JUMPS = CALLS.flatMap((call) => [[call, HOUR] as const, [call, -HOUR] as const]);

test.each(JUMPS)(
  'at %s, by %i s: no key signs before its lead, and none leaves while its tokens live',
  async (call, seconds) => {
    const drawn = planOf('jumps', 'short', new Dice('jumps', 'plan'));
    const jumps = Array.from({ length: 12 }, (_, index) => {
      const at = 700 * (index + 1);
      return { at, kind: 'hinder', call, phase: 'before', skip: 0, how: 'jump', seconds } as const;
    });
    const { world, violations } = await run({ ...drawn, disturbances: jumps });
    const refused = world.trace.filter((event) => event.kind === 'tick' && event.holds.length > 0);
    // Backward there may be nothing left to decide.
    if (seconds > 0) expect(refused.length, 'a clock that has jumped is noticed').toBeGreaterThan(0);
    expect(violations.filter((sentence) => /^I[12]:/.test(sentence))).toEqual([]);
  },
);
