/**
 * Offers requests at a rate, whether or not the former ones have been answered, and takes each one's time from when it was
 * due: a server that stalls is charged for all whom it kept waiting.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answered {
  readonly status: number;
  readonly code: string | undefined;
  readonly kid: string | undefined;
  readonly jti: string | undefined;
  readonly token: string | undefined;
  readonly retryAfter: string | null;
  /** From when it was due. */
  readonly milliseconds: number;
  /** Since the first one was due. */
  readonly at: number;
}

/** Longer than the function may take, by much: who gets no answer by then has been left hanging. */
const HANGING_MS = 30_000;
const BODY = JSON.stringify({ audience: 'orders-api', claims: { sub: 'svc:checkout' } });

export async function offer(url: string, perSecond: number, seconds: number): Promise<readonly Answered[]> {
  const answers: Promise<Answered>[] = [];
  const start = performance.now();
  for (let index = 0; index < perSecond * seconds; index++) {
    const due = start + (index / perSecond) * 1000;
    const wait = due - performance.now();
    if (wait > 1) await sleep(wait);
    answers.push(ask(url, due, start));
  }
  return Promise.all(answers);
}

async function ask(url: string, due: number, start: number): Promise<Answered> {
  try {
    const signal = AbortSignal.timeout(HANGING_MS);
    const response = await fetch(url, { method: 'POST', body: BODY, signal });
    const { code, kid, jti, token } = (await response.json()) as Partial<
      Record<'code' | 'kid' | 'jti' | 'token', string>
    >;
    const { status, headers } = response;
    return { status, code, kid, jti, token, retryAfter: headers.get('retry-after'), ...times(due, start) };
  } catch (error) {
    const code = (error as Error).name;
    const nothing = { kid: undefined, jti: undefined, token: undefined, retryAfter: null };
    return { status: 0, code, ...nothing, ...times(due, start) };
  }
}

const times = (due: number, start: number) => ({
  milliseconds: performance.now() - due,
  at: performance.now() - start,
});
