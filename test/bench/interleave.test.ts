import { expect, test } from 'vitest';
import { interleave, interleaveProcesses, noiseOf, RUNS, ratio } from '../../bench/interleave.ts';

const sequence = async (rounds: number): Promise<string[]> => {
  const names: string[] = [];
  await interleave(['a', 'b', 'c'], rounds, (name) => names.push(name));
  return names;
};

test('each candidate once a round, each as often after each other, and the same in every run', async () => {
  const names = await sequence(300);
  for (let round = 0; round < 300; round++) {
    expect(names.slice(3 * round, 3 * round + 3).toSorted()).toEqual(['a', 'b', 'c']);
  }
  const after = (first: string, second: string) =>
    names.filter((name, at) => name === second && names[at - 1] === first).length;
  for (const [first, second] of ['ab', 'ba', 'bc', 'cb', 'ac', 'ca'].map((pair) => [...pair] as [string, string])) {
    expect(after(first, second), `${second} after ${first}`).toBeGreaterThan(80);
    expect(after(first, second), `${second} after ${first}`).toBeLessThan(220);
  }
  expect(await sequence(300)).toEqual(names);
});

test('a ratio is the median of the runs; the noise is how far their middle half is from 1', () => {
  // Seven runs of one round each.
  const samples = { a: [10, 10, 10, 10, 10, 10, 10], b: [10, 10.1, 10.2, 10.3, 9.9, 30, 1] };
  const again = ratio(samples, 'b', 'a');
  expect(again).toEqual({ value: 1.01, spread: [0.1, 3], middle: [0.99, 1.03] });
  expect(noiseOf(again)).toBeCloseTo(0.03);
  expect(noiseOf(ratio(samples, 'a', 'a'))).toBe(0);
});

test('each run has processes of its own, that are ended, also where one of them fails', async () => {
  let open = 0;
  let started = 0;
  const start = (fails: boolean) => () => {
    open += 1;
    started += 1;
    return {
      cost: async () => (fails ? Promise.reject(new Error('it failed')) : 1),
      close: () => {
        open -= 1;
      },
    };
  };
  const rounds = { warmUp: 1, rounds: 2 };
  const samples = await interleaveProcesses(['a', 'b'], rounds, start(false), () => undefined);
  expect({ open, started, a: samples.a.length, b: samples.b.length }).toEqual({
    ...{ open: 0, started: 2 * RUNS, a: 2 * RUNS, b: 2 * RUNS },
  });
  await expect(interleaveProcesses(['a'], rounds, start(true), () => undefined)).rejects.toThrow('it failed');
  expect(open).toBe(0);
});
