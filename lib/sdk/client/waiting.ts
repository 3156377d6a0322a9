/** One caller's waiting for what many may wait for: it ends with his time, or with his signal, and ends nobody else's. */
import { TokenError } from './errors.ts';

export interface Waiting {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Why what he waits for has not come yet. */
  readonly lastError: () => unknown;
}

/** @throws TokenError `timed_out`, the signal's reason, or what `promise` rejects with */
export async function waited<T>(promise: Promise<T>, { timeoutMs, signal, lastError }: Waiting): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort: (() => void) | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      timer = setTimeout(() => reject(timedOut(timeoutMs, lastError())), timeoutMs);
      abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      promise.then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    if (abort) signal?.removeEventListener('abort', abort);
  }
}

function timedOut(timeoutMs: number, cause: unknown): TokenError {
  const { retryAfterSeconds } = cause instanceof TokenError ? cause : {};
  const sentence = `there must be a token within ${timeoutMs} ms, there is none`;
  return new TokenError('timed_out', sentence, { cause, retryAfterSeconds });
}
