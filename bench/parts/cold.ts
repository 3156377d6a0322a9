/** What a cold start costs in CPU: the process, the bundle, the keyring, the first signature. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startAwsStub } from '../aws-stub.ts';
import { buildCompared, SHIPPED } from '../bundles.ts';
import { interleave, median, noiseOf, ratio } from '../interleave.ts';
import type { Part, Row } from '../row.ts';

const CHILD = fileURLToPath(new URL('../children/cold.cjs', import.meta.url));
const ROUNDS = 49;

async function run(onProgress: (share: number) => void): Promise<readonly Row[]> {
  const stub = await startAwsStub();
  const compared = await buildCompared();
  try {
    const empty = compared.path('empty');
    const bundles = { empty, shipped: SHIPPED, naive: compared.path('naive'), 'empty again': empty } as const;
    const env = { ...stub.environment, BENCH_KEY: stub.keyArn, BENCH_ALGORITHM: stub.signingAlgorithm };
    /** Milliseconds of CPU. */
    const measure = async (name: keyof typeof bundles): Promise<number> => {
      const { stderr } = await promisify(execFile)(process.execPath, [CHILD, bundles[name]], { env });
      return Number(stderr);
    };
    const names = Object.keys(bundles) as (keyof typeof bundles)[];
    const samples = await interleave(names, ROUNDS, measure, (round, rounds) => onProgress(round / rounds));
    const again = ratio(samples, 'empty again', 'empty');
    const noise = noiseOf(again);
    const milliseconds = (name: keyof typeof bundles) => `${median(samples[name]).toFixed(0)} ms`;
    const of = (name: keyof typeof bundles) => `${milliseconds('shipped')} against ${milliseconds(name)} of CPU`;
    return [
      {
        what: 'cold start to the first token, against an empty handler',
        ...{ ...ratio(samples, 'shipped', 'empty'), unit: 'x', goal: 3.6, noise, note: of('empty') },
      },
      {
        what: 'the same against client-kms alone, as an ES module',
        ...{ ...ratio(samples, 'shipped', 'naive'), unit: 'x', goal: 0.8, noise, note: of('naive') },
      },
      { what: 'the empty handler against itself', ...again, unit: 'x', note: 'the noise' },
    ];
  } finally {
    compared.remove();
    stub.close();
  }
}

export const cold: Part = { name: 'cold', title: 'a cold start', run };
