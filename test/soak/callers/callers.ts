/** Services that call an API with a token, again and again: each with a client, and so with a cache, of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TokenClient } from '../../../lib/sdk/client/index.ts';
import { between } from '../crowd.ts';
import { AUDIENCE } from '../load.ts';
import type { Phase } from './phase.ts';

export interface Callers {
  readonly count: number;
  readonly signUrl: string;
  readonly apiUrl: string;
  /** The one that is under way. */
  readonly phase: () => Phase;
  readonly stop: AbortSignal;
}

/** Ends when all of them have. */
export async function callUntil(callers: Callers): Promise<void> {
  await Promise.all(Array.from({ length: callers.count }, (_, index) => callAgain(callers, index)));
}

async function callAgain({ signUrl, apiUrl, phase, stop }: Callers, index: number): Promise<void> {
  const counted: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (String(input) === signUrl) phase().answered(response.ok);
    return response;
  };
  const client = new TokenClient({ url: signUrl, fetch: counted });
  const call = client.fetch({ audience: AUDIENCE, claims: { sub: `svc:${index}` } });
  while (!stop.aborted) {
    await sleep(between(400, 1200));
    const startedAt = Date.now();
    const reason = await call(apiUrl).then(
      async (response) => (response.ok ? void (await response.text()) : `${response.status} ${await response.text()}`),
      (error: Error & { code?: string }) => error.code ?? error.message,
    );
    phase().called(startedAt, reason);
  }
}
