/** Plans that time has overtaken: what is late comes no sooner than now, and what hangs on it as much later. Pure. */
import type { KeyView } from './keys.ts';

/** The keys as they are now, each with the time for which its next change was planned, where that has passed. */
export function asOf(keys: readonly KeyView[], now: number): KeyView[] {
  const lateness = (instant = now): number => Math.max(0, now - instant);
  // Until one takes over, the other goes on.
  const held = Math.max(0, ...keys.map((key) => lateness(handoverOf(key))));
  return keys.map((key): KeyView => {
    const next = nextOf(key);
    const shift = Math.max(held, lateness(next));
    const [published, signs, ends, leaves] = [key.published, key.signs, key.ends, key.leaves];
    const moved = {
      active: { ends: later(ends, held), leaves: later(leaves, held) },
      pending: { signs: later(signs, held), ends: later(ends, held), leaves: later(leaves, held) },
      planned: { published: later(published, shift), signs: later(signs, held) },
      grace: { leaves: later(leaves, lateness(next)) },
      imported: { leaves: later(leaves, lateness(next)) },
      unknown: {},
    }[key.state];
    const known = Object.fromEntries(Object.entries(moved).filter(([, instant]) => instant !== undefined));
    return { ...key, ...known, ...(next !== undefined && next <= now && { due: next }) };
  });
}

const later = (instant: number | undefined, seconds: number): number | undefined =>
  instant === undefined ? undefined : instant + seconds;

function handoverOf({ state, signs, ends }: KeyView): number | undefined {
  if (state === 'active') return ends;
  return state === 'pending' ? signs : undefined;
}

function nextOf(key: KeyView): number | undefined {
  if (key.state === 'planned') return key.published;
  return key.state === 'grace' || key.state === 'imported' ? key.leaves : handoverOf(key);
}
