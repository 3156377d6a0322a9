/** The shortest story of a failure: what may be left out of a plan without the failure going away is left out. */
import type { Disturbance, Plan } from './plan.ts';
import { type Run, run } from './run.ts';

/** @param fails whether a run still shows what is to be explained */
export async function shrink(plan: Plan, fails: (run: Run) => boolean, attempts = 200): Promise<Plan> {
  let shortest = plan;
  let left = attempts;
  const without = async (disturbances: readonly Disturbance[]): Promise<boolean> => {
    if (left-- <= 0) return false;
    const shorter = { ...shortest, disturbances };
    if (!fails(await run(shorter))) return false;
    shortest = shorter;
    return true;
  };
  // Halves first, then quarters, down to single ones.
  for (let size = Math.ceil(plan.disturbances.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < shortest.disturbances.length; ) {
      const rest = shortest.disturbances.filter((_, index) => index < from || index >= from + size);
      if (!(await without(rest))) from += size;
    }
  }
  for (const clocks of ['rotatorOffsets', 'signerOffsets'] as const) {
    const zeroed = { ...shortest, [clocks]: shortest[clocks].map(() => 0) };
    if (left-- > 0 && fails(await run(zeroed))) shortest = zeroed;
  }
  return shortest;
}
