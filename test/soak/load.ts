/** Signs without a pause, in bursts, so that every environment of the sign function has its turn. */
import { setTimeout as sleep } from 'node:timers/promises';
import { between } from './crowd.ts';

export const AUDIENCE = 'soak';

export interface Token {
  readonly token: string;
  readonly kid: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

export interface Load {
  readonly signUrl: string;
  readonly onToken: (token: Token) => void;
  readonly onFailure: (reason: string) => void;
}

/** More than there are environments: some callers have to wait. */
const BIGGEST_BURST = 8;

export async function signUntil(stop: AbortSignal, { signUrl, onToken, onFailure }: Load): Promise<void> {
  const running = new Set<Promise<void>>();
  while (!stop.aborted) {
    for (let count = Math.ceil(between(0, BIGGEST_BURST)); count > 0; count--) {
      const call = sign(signUrl).then(onToken, (error: Error) => onFailure(error.message));
      running.add(call);
      call.finally(() => running.delete(call));
    }
    await sleep(between(50, 250));
  }
  await Promise.all(running);
}

/** @throws Error that says how the issuer refused */
export async function sign(signUrl: string, expiresIn?: number): Promise<Token> {
  const response = await fetch(signUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ audience: AUDIENCE, claims: { sub: 'svc:soak' }, expiresIn }),
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json()) as Token & { code?: string };
  if (response.status !== 200) throw new Error(`${response.status} ${answer.code}`);
  const { token, kid, expiresAt } = answer;
  return { token, kid, expiresAt };
}
