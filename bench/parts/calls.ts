/** What a token asks of AWS, counted where AWS answers. */
import { startAwsStub } from '../aws-stub.ts';
import { SHIPPED } from '../bundles.ts';
import type { Part, Row } from '../row.ts';
import { TokenProcess } from '../token-process.ts';

const TOKENS = 500;

async function run(): Promise<readonly Row[]> {
  const stub = await startAwsStub();
  const child = new TokenProcess(SHIPPED, stub);
  try {
    await child.cost(1, 1);
    const cold = stub.calls.splice(0);
    await child.cost(TOKENS, 50);
    const others = stub.calls.filter((call) => call !== 'kms.Sign').length;
    const perToken = stub.calls.length / TOKENS;
    return [
      { what: 'AWS calls of a cold token', value: cold.length, unit: 'calls', goal: 2, note: cold.join(', ') },
      { what: 'AWS calls of a warm token', value: perToken, unit: 'calls', goal: 1, note: `${TOKENS} tokens` },
      { what: 'of these, other than kms.Sign', value: others, unit: 'calls', goal: 0 },
    ];
  } finally {
    child.close();
    stub.close();
  }
}

export const calls: Part = { name: 'calls', title: 'calls to AWS', run };
