/** Services that ask for tokens and verify them, while something is done to the issuer. */
import { setTimeout } from 'node:timers/promises';
import type { Deployment } from './deployment.ts';

export interface Served<T> {
  readonly result: T;
  /** The kids of the tokens, in the order of their use. */
  readonly kids: readonly string[];
}

const PAUSE_MS = 250;
/** Well within a token's life. */
const LATER_MS = 3000;

/** @throws whatever is answered to one of them */
export async function underTraffic<T>(issuer: Deployment, run: () => Promise<T>): Promise<Served<T>> {
  const stop = new AbortController();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const kids: string[] = [];
  const service = async (): Promise<void> => {
    const used: Promise<unknown>[] = [];
    while (!stop.signal.aborted) {
      const { token, kid } = await issuer.sign();
      await issuer.verify(token);
      if (kids.at(-1) !== kid) kids.push(kid);
      const again = setTimeout(LATER_MS).then(() => issuer.verify(token));
      used.push(again.catch(failed.reject));
      await setTimeout(PAUSE_MS);
    }
    await Promise.all(used);
  };
  const services = Promise.all([service(), service()].map((one) => one.catch(failed.reject)));
  try {
    const result = await Promise.race([run(), failed.promise]);
    stop.abort();
    await Promise.race([services, failed.promise]);
    return { result, kids };
  } finally {
    stop.abort();
  }
}
