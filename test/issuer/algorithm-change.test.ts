import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Answer, type Issuer, SHORT, startIssuer } from '../functions/issuer.ts';
import { servedAlgorithms, servedKeys, verifyWithJose } from '../functions/verifying.ts';

const algorithmsOf = (keys: readonly { alg: string }[]) => [...new Set(keys.map(({ alg }) => alg))].sort();

/** Signs, ticks and looks until the algorithm signs; answers with the tokens. A minute is for what hangs. */
async function untilItSigns(issuer: Issuer, algorithm: string, live: Answer[]): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    await issuer.report();
    const answer = await issuer.sign();
    live.push(answer);
    const keys = await servedKeys(issuer);
    expect(await servedAlgorithms(issuer)).toEqual(algorithmsOf(keys));
    const now = new Date();
    for (const { token, algorithm, expiresAt } of live) {
      if (now.getTime() < expiresAt * 1000) await verifyWithJose(issuer, token, algorithm, now);
    }
    if (answer.algorithm === algorithm) return;
  }
  throw new Error(`${algorithm} does not sign`);
}

test('another algorithm is an ordinary rotation away, and so is the way back', async ({ onTestFinished }) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'keyturn-'));
  let issuer: Issuer | undefined;
  onTestFinished(async () => {
    await issuer?.close();
    rmSync(dataDirectory, { recursive: true });
  });
  let port = 0;
  const restart = async (algorithm: string): Promise<Issuer> => {
    await issuer?.close();
    issuer = await startIssuer({ config: { ...SHORT, algorithm }, dataDirectory, port });
    port = Number(new URL(issuer.url).port);
    return issuer;
  };

  const live: Answer[] = [];
  await untilItSigns(await restart('RS256'), 'RS256', live);

  const changed = await restart('ML-DSA-44');
  // Until its standby has had its lead, the former kind goes on signing.
  expect((await changed.sign()).algorithm).toBe('RS256');
  await untilItSigns(changed, 'ML-DSA-44', live);
  expect(await servedAlgorithms(changed)).toEqual(['ML-DSA-44', 'RS256']);
  const { kid } = live.at(-1) as Answer;
  expect(new Set(live.filter(({ algorithm }) => algorithm === 'RS256').map((answer) => answer.kid)).size).toBe(1);

  const back = await restart('RS256');
  await untilItSigns(back, 'RS256', live);
  expect(await servedAlgorithms(back)).toEqual(['ML-DSA-44', 'RS256']);
  expect((await servedKeys(back)).map((key) => key.kid)).toContain(kid);
});
