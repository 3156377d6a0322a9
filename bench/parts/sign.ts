/** What a token costs in CPU, beside the one call of KMS that nobody can do without. */
import { startAwsStub } from '../aws-stub.ts';
import { buildCompared, SHIPPED } from '../bundles.ts';
import { interleave, median, noiseOf, ratio } from '../interleave.ts';
import type { Part, Row } from '../row.ts';
import { TokenProcess } from '../token-process.ts';

const IN_FLIGHT = 50;
const CALLS = 400;
const ROUNDS = 84;
const WARM_UP = 6;

type Name = 'shipped' | 'unread' | 'bare' | 'bare again';

async function run(onProgress: (share: number) => void): Promise<readonly Row[]> {
  const stub = await startAwsStub();
  const compared = await buildCompared();
  const children = new Map<Name, TokenProcess>();
  try {
    const bare = compared.path('bare');
    children.set('shipped', new TokenProcess(SHIPPED, stub));
    children.set('unread', new TokenProcess(SHIPPED, stub, false));
    for (const name of ['bare', 'bare again'] as const) children.set(name, new TokenProcess(bare, stub));
    const names = [...children.keys()];
    const measure = (name: Name) => (children.get(name) as TokenProcess).cost(CALLS, IN_FLIGHT);
    await interleave(names, WARM_UP, measure);
    const samples = await interleave(names, ROUNDS, measure, (round, rounds) => onProgress(round / rounds));
    const again = ratio(samples, 'bare again', 'bare');
    const ours = ratio(samples, 'shipped', 'bare');
    const microseconds = (name: Name) => `${median(samples[name]).toFixed(0)} µs`;
    return [
      {
        what: `token at ${IN_FLIGHT} in flight, against a bare SignCommand`,
        ...{ ...ours, unit: 'x', goal: 1.1, noise: noiseOf(again) },
        note: `${microseconds('shipped')} against ${microseconds('bare')} of CPU`,
      },
      {
        what: 'the same with its line of log thrown away',
        ...{ ...ratio(samples, 'unread', 'bare'), unit: 'x', note: `${microseconds('unread')} of CPU` },
      },
      { what: 'the bare SignCommand against itself', ...again, unit: 'x', note: 'the noise' },
    ];
  } finally {
    for (const child of children.values()) child.close();
    compared.remove();
    stub.close();
  }
}

export const sign: Part = { name: 'sign', title: 'a token', run };
