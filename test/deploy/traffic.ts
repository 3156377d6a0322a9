/** Services that ask for tokens and verify them, while something is done to the issuer. */
import { setTimeout } from 'node:timers/promises';
import type { Deployment } from './deployment.ts';

export interface Served<T> {
  readonly result: T;
  /** The kids of the tokens, in the order of their use. */
  readonly kids: readonly string[];
}

/** @throws whatever is answered to one of them */
export async function underTraffic<T>(issuer: Deployment, run: () => Promise<T>): Promise<Served<T>> {
  const stop = new AbortController();
  const kids: string[] = [];
  const service = async () => {
    while (!stop.signal.aborted) {
      const { token, kid } = await issuer.sign();
      await issuer.verify(token);
      if (kids.at(-1) !== kid) kids.push(kid);
      await setTimeout(100);
    }
  };
  const services = [service(), service()];
  const result = Promise.race([run(), ...services.map((one) => one.then(() => new Promise<never>(() => {})))]);
  return { result: await result.finally(() => stop.abort()).finally(() => Promise.allSettled(services)), kids };
}
