/**
 * Measures candidates in turn, in an order that is shuffled for each round: absolute times drift by a third on a shared
 * machine, the ratio of neighbours does not. A reference is measured twice, and how far it is from itself is the machine's
 * noise.
 */
import { Dice } from '../lib/simulator/random.ts';

/** What a candidate was measured as in each round, in one unit. */
export type Samples<Name extends string> = Readonly<Record<Name, readonly number[]>>;

export interface Ratio {
  /** The median of the runs. */
  readonly value: number;
  /** The least and the greatest of the runs. */
  readonly spread: readonly [number, number];
  /** Where the middle half of the runs lies. */
  readonly middle: readonly [number, number];
}

/** A process that is asked for what something costs in it. */
export interface Measured {
  cost(): Promise<number>;
  close(): void;
}

/** Consecutive rounds that make one run: a run's medians meet the same weather. */
export const RUNS = 7;

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

export async function interleave<Name extends string>(
  names: readonly Name[],
  rounds: number,
  measure: (name: Name) => number | Promise<number>,
  onRound: (round: number, rounds: number) => void = () => undefined,
): Promise<Samples<Name>> {
  const dice = new Dice('bench', ...names);
  const samples = emptySamples(names);
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(names, dice)) samples[name].push(await measure(name));
    onRound(round + 1, rounds);
  }
  return samples;
}

/**
 * The same with a process for each candidate, anew in each run: how the code of one was compiled and where it lies in memory
 * stays with it for as long as it lives, and would be taken for a property of the candidate.
 */
export async function interleaveProcesses<Name extends string>(
  names: readonly Name[],
  { warmUp, rounds }: { readonly warmUp: number; readonly rounds: number },
  start: (name: Name) => Measured,
  onProgress: (share: number) => void,
): Promise<Samples<Name>> {
  const samples = emptySamples(names);
  for (let run = 0; run < RUNS; run++) {
    const processes = new Map(names.map((name) => [name, start(name)]));
    const measure = (name: Name) => (processes.get(name) as Measured).cost();
    try {
      await interleave(names, warmUp, measure);
      const of = await interleave(names, rounds, measure, (round) => onProgress((run + round / rounds) / RUNS));
      for (const name of names) samples[name].push(...of[name]);
    } finally {
      for (const process of processes.values()) process.close();
    }
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
  }).toSorted((a, b) => a - b);
  const at = (index: number) => runs[index] ?? Number.NaN;
  const last = runs.length - 1;
  const quarter = runs.length >> 2;
  return { value: median(runs), spread: [at(0), at(last)], middle: [at(quarter), at(last - quarter)] };
}

/**
 * How far from 1 the middle half of the runs of something against itself came. Not the worst of them: what is judged by it
 * is a median, and the noisier the machine, the more would pass.
 */
export const noiseOf = ({ middle: [low, high] }: Ratio): number => Math.max(1 - low, high - 1, 0);

const emptySamples = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;

/** The same in every run of the benchmark. */
function shuffled<T>(values: readonly T[], dice: Dice): T[] {
  return values
    .map((value) => ({ value, at: dice.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
