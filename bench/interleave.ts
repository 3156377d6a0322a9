/**
 * Measures candidates in turn, A B C, B C A, C A B …: absolute times drift by a third on a shared machine, the ratio of
 * neighbours does not. A reference is measured twice, and how far it is from itself is the machine's noise.
 */

/** What a candidate was measured as in each round, in one unit. */
export type Samples<Name extends string> = Readonly<Record<Name, readonly number[]>>;

export interface Ratio {
  /** The median of the runs. */
  readonly value: number;
  /** The least and the greatest of the runs. */
  readonly spread: readonly [number, number];
}

/** Consecutive rounds that make one run: a run's medians meet the same weather. */
const RUNS = 7;

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

export async function interleave<Name extends string>(
  names: readonly Name[],
  rounds: number,
  measure: (name: Name) => number | Promise<number>,
  onRound: (round: number, rounds: number) => void = () => undefined,
): Promise<Samples<Name>> {
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) {
    // The order turns, so that none is always the one after another.
    for (const at of names.keys()) {
      const name = names[(at + round) % names.length] as Name;
      samples[name].push(await measure(name));
    }
    onRound(round + 1, rounds);
  }
  return samples;
}

/** How many times as much `of` is as `against`. */
export function ratio<Name extends string>(samples: Samples<Name>, of: Name, against: Name): Ratio {
  const rounds = samples[of].length;
  const runs = Array.from({ length: Math.min(RUNS, rounds) }, (_, run) => {
    const part = (name: Name) =>
      samples[name].slice(Math.floor((run * rounds) / RUNS), Math.ceil(((run + 1) * rounds) / RUNS));
    return median(part(of)) / median(part(against));
  });
  return { value: median(runs), spread: [Math.min(...runs), Math.max(...runs)] };
}

/** How far from 1 the runs of something against itself came, at most. */
export const noiseOf = ({ spread: [least, most] }: Ratio): number => Math.max(1 - least, most - 1, 0);
