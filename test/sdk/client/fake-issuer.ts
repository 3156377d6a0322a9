/** An issuer behind `fetch`, with time and answers in the test's hand. */
import { expect, vi } from 'vitest';
import { TokenClient, type TokenClientOptions, type TokenError } from '../../../lib/sdk/client/index.ts';

export const URL_OF_ORDERS = 'https://abcdefghij.lambda-url.eu-central-1.on.aws/';
export const REQUEST = { audience: 'orders-api', scope: 'orders:read' };

export interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}
type Answer = (count: number) => Response | Promise<Response>;

export class FakeIssuer {
  /** Milliseconds since 1970. */
  now = 1_800_000_000_000;
  /** Seconds by which the issuer's clock is ahead. */
  skew = 0;
  lifeSeconds = 300;
  readonly sent: Sent[] = [];
  answer: Answer = () => this.issue();

  /** With a number in it, so that one token is told from another. */
  issue(): Response {
    const issuedAt = Math.floor(this.now / 1000) + this.skew;
    const expiresAt = issuedAt + this.lifeSeconds;
    return Response.json({
      token: `t${this.sent.length}`,
      kid: 'k',
      algorithm: 'RS256',
      jti: 'j',
      issuedAt,
      expiresAt,
    });
  }

  refuse(status: number, code: string, headers: Record<string, string> = {}): Response {
    const problem = { code, detail: 'the sentence', pointer: '/audience', status };
    return Response.json(problem, { status, headers: { 'content-type': 'application/problem+json', ...headers } });
  }

  readonly fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    this.sent.push({ url: String(input), headers, body: JSON.parse(String(init.body ?? '{}')) });
    return this.answer(this.sent.length);
  };

  /** With fake timers: so much time, on every clock. */
  async pass(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 50) {
      this.now += 50;
      await vi.advanceTimersByTimeAsync(50);
    }
  }

  client(options: Partial<TokenClientOptions> = {}): TokenClient {
    return new TokenClient({
      ...(options.functionName === undefined && { url: URL_OF_ORDERS }),
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' },
      fetch: this.fetch,
      now: () => this.now,
      ...options,
    });
  }
}

export const refused = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('a refusal was expected'),
    (error: TokenError) => error,
  );

export interface Limit {
  readonly milliseconds: number;
  abort(): void;
}
/** What `AbortSignal.timeout` is asked for from here on; time is over when the test says so. */
export function abortableLimits(): readonly Limit[] {
  const limits: Limit[] = [];
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    const controller = new AbortController();
    const abort = () => controller.abort(new DOMException('the time is over', 'TimeoutError'));
    limits.push({ milliseconds, abort });
    return controller.signal;
  });
  return limits;
}
