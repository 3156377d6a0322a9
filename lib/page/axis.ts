/** Which instants are named along the line: as many as its width has room for. Pure. */
import { type Grid, gridsOf, placeOf, type Scale } from './scale.ts';

/** In pixels. */
export interface Line {
  readonly width: number;
  readonly widthOf: (label: string) => number;
}
export interface Tick {
  readonly at: number;
  /** Absent where there is no room. */
  readonly label?: { readonly text: string; readonly width: number };
}

/** Between two labels. */
const GAP = 8;
/** The word `now` is bold, and stands in a pill. */
const NOW = { label: 'now', padding: 24 };

type Extent = readonly [left: number, right: number];

export function ticksOf(scale: Scale, now: number, line: Line): Tick[] {
  const extentOf = (at: number, width: number): Extent => {
    const half = width / 2;
    const middle = Math.max(half, Math.min(line.width - half, (placeOf(scale, at) / 100) * line.width));
    return [middle - half, middle + half];
  };
  const present = extentOf(now, line.widthOf(NOW.label) + NOW.padding);
  const named = ({ instants, nameOf }: Grid, mayThin: boolean): Tick[] => {
    const ticks: Tick[] = [];
    let [former, end]: [number | undefined, number] = [undefined, Number.NEGATIVE_INFINITY];
    for (const at of instants) {
      const text = nameOf(at, former);
      const width = line.widthOf(text);
      const [left, right] = extentOf(at, width);
      // Beneath the word `now` it would not be legible.
      const isCovered = left < present[1] + GAP / 2 && right > present[0] - GAP / 2;
      const isCrowded = left < end + GAP;
      if (isCrowded && !isCovered && !mayThin) return [];
      const isNamed = !isCovered && !isCrowded;
      ticks.push(isNamed ? { at, label: { text, width } } : { at });
      if (isNamed) [former, end] = [at, right];
    }
    return ticks;
  };
  const count = (ticks: readonly Tick[]): number => ticks.filter(({ label }) => label).length;
  const grids = gridsOf(scale);
  // The finest whose labels all fit.
  const whole = grids.map((grid) => named(grid, false)).find((ticks) => count(ticks) >= 2);
  if (whole) return whole;
  // On a phone: as many as fit, and without the year where it leaves room for one only.
  const most = (all: readonly Grid[]): Tick[] =>
    all.map((grid) => named(grid, true)).toSorted((a, b) => count(b) - count(a))[0] ?? [];
  const thinned = most(grids);
  return count(thinned) >= 2 ? thinned : most(grids.map((grid) => ({ ...grid, nameOf: (at) => grid.nameOf(at, at) })));
}
