/** What a token costs in CPU, beside the one call of KMS that nobody can do without. */
import { startAwsStub } from '../aws-stub.ts';
import { buildCompared, SHIPPED } from '../bundles.ts';
import { interleaveProcesses, median, noiseOf, ratio } from '../interleave.ts';
import type { Part, Row } from '../row.ts';
import { TokenProcess } from '../token-process.ts';

const IN_FLIGHT = 50;
const CALLS = 400;
/** In each run. */
const ROUNDS = { warmUp: 6, rounds: 12 };
const NAMES = ['shipped', 'unread', 'bare', 'bare again'] as const;
type Name = (typeof NAMES)[number];

async function run(onProgress: (share: number) => void): Promise<readonly Row[]> {
  const stub = await startAwsStub();
  const compared = await buildCompared();
  try {
    const start = (name: Name) => {
      const child = new TokenProcess(
        name.startsWith('bare') ? compared.path('bare') : SHIPPED,
        stub,
        name !== 'unread',
      );
      return { cost: () => child.cost(CALLS, IN_FLIGHT), close: () => child.close() };
    };
    const samples = await interleaveProcesses(NAMES, ROUNDS, start, onProgress);
    const again = ratio(samples, 'bare again', 'bare');
    const microseconds = (name: Name) => `${median(samples[name]).toFixed(0)} µs`;
    return [
      {
        what: `token at ${IN_FLIGHT} in flight, against a bare SignCommand`,
        ...{ ...ratio(samples, 'shipped', 'bare'), unit: 'x', goal: 1.1, noise: noiseOf(again) },
        note: `${microseconds('shipped')} against ${microseconds('bare')} of CPU`,
      },
      {
        what: 'the same with its line of log thrown away',
        ...{ ...ratio(samples, 'unread', 'bare'), unit: 'x', note: `${microseconds('unread')} of CPU` },
      },
      { what: 'the bare SignCommand against itself', ...again, unit: 'x', note: 'the noise' },
    ];
  } finally {
    compared.remove();
    stub.close();
  }
}

export const sign: Part = { name: 'sign', title: 'a token', run };
