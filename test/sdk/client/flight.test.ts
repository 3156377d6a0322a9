/** Whom a fetch is shared with, how long it goes on, how often it asks, and what is left of it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { abortableLimits, FakeIssuer, REQUEST, refused } from './fake-issuer.ts';

// Unsigned: a signature takes real time.
const LOCAL = { url: 'http://localhost:4790/sign' };
let issuer: FakeIssuer;
/** When the issuer was asked, in milliseconds from the start. */
let askedAt: number[];
const startAt = 1_800_000_000_000;

beforeEach(() => {
  issuer = new FakeIssuer();
  askedAt = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
const answers = (answer: (count: number) => Response | Promise<Response>) => {
  issuer.answer = (count) => {
    askedAt.push(issuer.now - startAt);
    return answer(count);
  };
};
const throttled = (headers?: Record<string, string>) => issuer.refuse(429, 'throttled', headers);
const never = () => new Promise<Response>(() => undefined);

describe('a fetch', () => {
  test('goes on as long as the most patient who joined it', async () => {
    answers((count) => (count < 8 ? throttled() : issuer.issue()));
    const client = issuer.client({ ...LOCAL, timeoutMs: 1000 });
    const hurried = refused(client.get(REQUEST));
    await issuer.pass(300);
    const patient = client.get(REQUEST, { timeoutMs: 20_000 });
    await issuer.pass(15_000);
    expect((await hurried).code).toBe('timed_out');
    expect((await patient).token).toBe('t8');
  });

  test('goes on from when he joined it', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    answers((count) => (count < 6 ? throttled() : issuer.issue()));
    const client = issuer.client({ ...LOCAL, timeoutMs: 1000 });
    const first = refused(client.get(REQUEST));
    await issuer.pass(700);
    const second = client.get(REQUEST);
    await issuer.pass(1000);
    expect(askedAt).toEqual([0, 50, 150, 350, 750, 1550]);
    expect((await first).code).toBe('timed_out');
    expect((await second).token).toBe('t6');
  });

  test('may be under way for an attempt longer than anybody waits', async () => {
    answers(never);
    const client = issuer.client({ ...LOCAL, timeoutMs: 1000 });
    const first = refused(client.get(REQUEST));
    await issuer.pass(5900);
    await first;
    refused(client.get(REQUEST));
    expect(askedAt).toEqual([0]);
    await issuer.pass(7000);
    refused(client.get(REQUEST));
    expect(askedAt).toEqual([0, 12_900]);
  });

  test('asks for nobody after a thaw', async () => {
    answers(() => throttled());
    const error = refused(issuer.client(LOCAL).get(REQUEST));
    await issuer.pass(0);
    await vi.advanceTimersByTimeAsync(0);
    issuer.now += 3_600_000;
    await issuer.pass(20_000);
    expect((await error).code).toBe('throttled');
    expect(askedAt).toEqual([0]);
  });

  test('is joined by whoever comes while its caller still waits', async () => {
    let under = 0;
    let most = 0;
    answers(async () => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => {
        setTimeout(resolve, 900);
      });
      under -= 1;
      return throttled();
    });
    const client = issuer.client({ ...LOCAL, timeoutMs: 1000 });
    const first = refused(client.get(REQUEST, { timeoutMs: 9000 }));
    await issuer.pass(6500);
    const second = refused(client.get(REQUEST, { timeoutMs: 2000 }));
    await issuer.pass(5000);
    for (const error of [await first, await second]) expect(error.code).toMatch(/^(throttled|timed_out)$/);
    expect(most).toBe(1);
  });

  test('that was begun before the clock was set back is not waited for', async () => {
    answers(never);
    const client = issuer.client(LOCAL);
    const lost = refused(client.get(REQUEST));
    issuer.now -= 3_600_000;
    answers(() => issuer.issue());
    expect((await client.get(REQUEST)).token).toBe('t2');
    await issuer.pass(10_000);
    expect((await lost).code).toBe('timed_out');
  });

  test('does not go on for hours when the clock is set back meanwhile', async () => {
    answers(() => throttled());
    const client = issuer.client({ ...LOCAL, timeoutMs: 1000 });
    const error = refused(client.get(REQUEST));
    await issuer.pass(200);
    issuer.now -= 3_600_000;
    await issuer.pass(1000);
    expect((await error).code).toBe('throttled');
    const before = askedAt.length;
    await issuer.pass(20_000);
    expect(askedAt).toHaveLength(before);
  });

  test('that lands late does not take the place of a newer token', async () => {
    const client = issuer.client({ ...LOCAL, timeoutMs: 1000 });
    let release: (answer: Response) => void = () => undefined;
    answers(
      () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    );
    const lost = refused(client.get(REQUEST));
    await issuer.pass(1000);
    expect((await lost).code).toBe('timed_out');
    const late = issuer.issue();
    issuer.now += 60_000;
    answers(() => issuer.issue());
    expect((await client.get(REQUEST)).token).toBe('t2');
    release(late);
    await issuer.pass(100);
    expect((await client.get(REQUEST)).token).toBe('t2');
    expect(issuer.sent).toHaveLength(2);
  });

  test('counts a token’s age from the attempt that brought it', async () => {
    issuer.lifeSeconds = 5;
    answers((count) => (count < 3 ? throttled({ 'retry-after': '2' }) : issuer.issue()));
    const client = issuer.client(LOCAL);
    const first = client.get(REQUEST);
    await issuer.pass(6000);
    const { token } = await first;
    issuer.now = startAt + (askedAt.at(-1) ?? 0) + 3000;
    expect((await client.get(REQUEST)).token).toBe(token);
    expect(issuer.sent).toHaveLength(3);
  });

  test('has five seconds for each attempt', async () => {
    const limits = abortableLimits();
    const fetch: typeof globalThis.fetch = (_, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    const error = refused(issuer.client({ ...LOCAL, fetch, timeoutMs: 0.5 }).get(REQUEST));
    expect(limits.map(({ milliseconds }) => milliseconds)).toEqual([5000]);
    limits[0]?.abort();
    expect(await error).toMatchObject({ code: 'unreachable', cause: { name: 'TimeoutError' } });
  });
});

describe('what may pass', () => {
  test('is asked again later each time', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    answers(() => throttled());
    const error = refused(issuer.client({ ...LOCAL, timeoutMs: 4000 }).get(REQUEST));
    await issuer.pass(5000);
    await error;
    expect(askedAt).toEqual([0, 100, 300, 700, 1500, 3100]);
  });

  test.each([
    ['a time that is past', { 'retry-after': '-100' }, [0, 100, 300, 700, 1500]],
    [
      'a time of the day',
      { 'retry-after': new Date(3000).toUTCString(), date: new Date(1000).toUTCString() },
      [0, 2100],
    ],
    ['a word', { 'retry-after': 'soon' }, [0, 100, 300, 700, 1500]],
  ])('is asked again not before %s', async (_, headers, expected) => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    answers(() => throttled(headers));
    const error = refused(issuer.client({ ...LOCAL, timeoutMs: 3000 }).get(REQUEST));
    await issuer.pass(3500);
    await error;
    expect(askedAt).toEqual(expected);
  });

  test('by Invoke is asked again after the five seconds that a URL says', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const thrown = { errorType: 'throttled', errorMessage: 'the sentence' };
    answers(() => Response.json(thrown, { headers: { 'x-amz-function-error': 'Unhandled' } }));
    vi.useRealTimers();
    const client = issuer.client({ functionName: 'sign:orders', region: 'eu-west-1', timeoutMs: 1000 });
    expect(await refused(client.get(REQUEST))).toMatchObject({ code: 'throttled', status: 429, retryAfterSeconds: 5 });
    expect(askedAt).toHaveLength(1);
  });

  test('is asked once behind the callers, and five seconds later again', async () => {
    answers(() => issuer.issue());
    const client = issuer.client(LOCAL);
    await client.get(REQUEST);
    issuer.now += 250_000;
    answers(() => throttled());
    askedAt = [];
    for (let second = 0; second < 12; second++) {
      await client.get(REQUEST);
      await issuer.pass(1000);
    }
    expect(askedAt).toHaveLength(3);
    // Whoever has to wait for it has it tried again.
    issuer.now += 60_000;
    answers((count) => (count < 7 ? throttled() : issuer.issue()));
    const waiting = client.get(REQUEST);
    await issuer.pass(5000);
    expect((await waiting).token).toBe('t7');
  });

  test('is asked behind the callers again, though the clock was set back since', async () => {
    answers(() => issuer.issue());
    const client = issuer.client(LOCAL);
    await client.get(REQUEST);
    issuer.now += 250_000;
    answers(() => throttled());
    await client.get(REQUEST);
    await issuer.pass(100);
    issuer.now -= 20_000;
    await client.get(REQUEST);
    expect(issuer.sent).toHaveLength(3);
  });
});

describe('a caller whose time is over', () => {
  test('is told why there is no token yet', async () => {
    answers(() => throttled({ 'retry-after': '2' }));
    const error = refused(issuer.client(LOCAL).get(REQUEST, { timeoutMs: 500 }));
    await issuer.pass(500);
    expect(await error).toMatchObject({
      code: 'timed_out',
      retryAfterSeconds: 2,
      cause: { code: 'throttled', status: 429 },
    });
  });

  test('leaves neither a timer nor a listener', async () => {
    answers(() => issuer.issue());
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await issuer.client(LOCAL).get(REQUEST, { signal });
    expect(added).toHaveBeenCalledOnce();
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not keep the process alive', async () => {
    vi.useRealTimers();
    const client = new URL('../../../lib/sdk/client/index.ts', import.meta.url).href;
    const program = `
      import { tokenClient } from '${client}';
      const fetch = async () => Response.json({ code: 'throttled' }, { status: 429 });
      const tokens = tokenClient({ url: 'http://localhost/', fetch });
      const signal = AbortSignal.timeout(50);
      await tokens.get({ audience: 'a' }, { signal }).catch(() => undefined);
      const at = Date.now();
      process.on('exit', () => console.log(Date.now() - at));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    expect(Number(stdout)).toBeLessThan(2000);
  });
});

describe('what is kept', () => {
  test('gives way to nothing that only failed', async () => {
    answers(() => issuer.issue());
    const client = issuer.client({ ...LOCAL, maxEntries: 3 });
    await client.get(REQUEST);
    answers(() => issuer.refuse(403, 'audience_not_allowed'));
    for (let count = 0; count < 5; count++) await refused(client.get({ audience: `bad${count}` }));
    expect((await client.get(REQUEST)).token).toBe('t1');
  });

  test('of a long life is given until half a minute is left', async () => {
    issuer.lifeSeconds = 900;
    answers(() => issuer.issue());
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const client = issuer.client({ ...LOCAL, refreshAfter: 1 });
    await client.get(REQUEST);
    issuer.now += 869_000;
    expect((await client.get(REQUEST)).token).toBe('t1');
    issuer.now += 1000;
    expect((await client.get(REQUEST)).token).toBe('t2');
  });
});

describe('a token that was dropped', () => {
  test('is replaced, unless it is another than the one at hand', async () => {
    answers(() => issuer.issue());
    const client = issuer.client(LOCAL);
    const first = await client.get(REQUEST);
    client.drop(REQUEST, { token: 'of somebody else' });
    expect((await client.get(REQUEST)).token).toBe('t1');
    client.drop(REQUEST, first);
    expect((await client.get(REQUEST)).token).toBe('t2');
  });

  test('is given on when one attempt brings no other', async () => {
    answers(() => issuer.issue());
    const client = issuer.client(LOCAL);
    client.drop(REQUEST, await client.get(REQUEST));
    answers(() => throttled());
    expect((await client.get(REQUEST)).token).toBe('t1');
    expect((await client.get(REQUEST)).token).toBe('t1');
    await issuer.pass(4000);
    expect(issuer.sent).toHaveLength(2);
    issuer.now += 5000;
    client.drop(REQUEST, { token: 't1' });
    answers(() => issuer.issue());
    expect((await client.get(REQUEST)).token).toBe('t3');
  });
});
