/** One line of the result. */
export interface Row {
  readonly what: string;
  readonly value: number;
  /** `x`: a ratio. */
  readonly unit: 'x' | 'KB' | 'files' | 'calls' | 'ms' | 'µs' | '/s';
  /** At most. */
  readonly goal?: number;
  /** The least and the greatest of the runs. */
  readonly spread?: readonly [number, number];
  /** Where the middle half of the runs lies. */
  readonly middle?: readonly [number, number];
  /** Of the part's A/A row: so much of the value may be the machine's. */
  readonly noise?: number;
  /** What it is in absolute terms, or what it was compared with. */
  readonly note?: string;
}

/** A part of the benchmark, run by its name alone with `npm run bench -- NAME`. */
export interface Part {
  readonly name: string;
  readonly title: string;
  /** `onProgress`: the share that is done, 0 to 1. */
  run(onProgress: (share: number) => void): Promise<readonly Row[]>;
}

/** As Lambda counts its limits, and the goals with it. */
export const KB = 1024;

/** Above the goal, by no more than the machine's noise. */
export const isClose = (row: Row): boolean => row.goal !== undefined && row.value > row.goal && !isMissed(row);

/** Missed by more than the machine's noise, or by each of the runs, whatever the noise is. */
export const isMissed = ({ value, goal, spread, noise = 0 }: Row): boolean =>
  goal !== undefined && (!(value <= goal * (1 + noise)) || (spread !== undefined && spread[0] > goal));
