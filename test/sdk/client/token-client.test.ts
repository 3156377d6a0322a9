import { execFile } from 'node:child_process';
import { inspect, promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TokenClient, TokenError } from '../../../lib/sdk/client/index.ts';
import { FakeIssuer, REQUEST, refused, URL_OF_ORDERS } from './fake-issuer.ts';
import { signatureFault } from './sigv4.ts';

/** Of a machine that is busy. */
const PATIENT = { timeout: 10_000 };

let issuer: FakeIssuer;
beforeEach(() => {
  issuer = new FakeIssuer();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
const tokenOf = async (client: TokenClient, request: object = REQUEST) => (await client.get(request as never)).token;

describe('a token', () => {
  test('is asked for with one signed POST', async () => {
    expect(await issuer.client().get(REQUEST)).toMatchObject({ token: 't1', kid: 'k', algorithm: 'RS256' });
    const [{ url, headers, body }] = issuer.sent as never as [(typeof issuer.sent)[0]];
    expect(url).toBe(URL_OF_ORDERS);
    expect(body).toEqual(REQUEST);
    const credential = String.raw`Credential=AKIDEXAMPLE/\d{8}/eu-central-1/lambda/aws4_request`;
    expect(headers.get('authorization')).toMatch(new RegExp(`^AWS4-HMAC-SHA256 ${credential}, SignedHeaders=`));
    expect(headers.get('x-amz-security-token')).toBe('session');
  });

  test.each([
    [{}, URL_OF_ORDERS, 'eu-central-1'],
    [{ functionName: 'sign:orders', region: 'us-east-1' }, undefined, 'us-east-1'],
  ])('is asked for with a signature that AWS takes: %j', async (options, url, region) => {
    await issuer.client(options).get({ ...REQUEST, claims: { sub: 'Zoë' } });
    const [sent] = issuer.sent as never as [(typeof issuer.sent)[0]];
    const { pathname, host } = new URL(url ?? sent.url);
    const headers = { ...Object.fromEntries(sent.headers), host };
    const request = { method: 'POST', path: pathname, headers, body: JSON.stringify(sent.body) };
    const signer = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', region, service: 'lambda' };
    expect(signatureFault(request, signer)).toBeUndefined();
    expect(signatureFault({ ...request, body: '{}' }, signer)).toBeDefined();
  });

  test('is kept until 0.7 of its life, then renewed behind the callers', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const client = issuer.client();
    expect(await tokenOf(client)).toBe('t1');
    issuer.now += 209_000;
    expect(await tokenOf(client)).toBe('t1');
    expect(issuer.sent).toHaveLength(1);
    issuer.now += 2000;
    expect(await tokenOf(client)).toBe('t1');
    await vi.waitFor(async () => expect(await tokenOf(client)).toBe('t2'), PATIENT);
    expect(issuer.sent).toHaveLength(2);
  });

  test('is renewed by each of many clients at a time of its own, none later than 0.7 of its life', async () => {
    const clients = Array.from({ length: 100 }, () => issuer.client({ url: 'http://localhost:4790/sign' }));
    const renewed: number[] = [];
    const life = 300;
    for (let age = 0; age <= 0.7 * life; age += 1) {
      const before = issuer.sent.length;
      for (const client of clients) await client.get(REQUEST);
      if (age > 0 && issuer.sent.length > before) renewed.push(age);
      issuer.now += 1000;
    }
    expect(Math.min(...renewed)).toBeGreaterThanOrEqual(0.62 * life);
    expect(renewed.length).toBeGreaterThan(10);
    expect(issuer.sent).toHaveLength(200);
  });

  test('is never given with less than a tenth of its life left', async () => {
    const client = issuer.client({ refreshAfter: 1 });
    await tokenOf(client);
    issuer.now += 269_000;
    expect(await tokenOf(client)).toBe('t1');
    issuer.now += 1000;
    expect(await tokenOf(client)).toBe('t2');
  });

  test('lives by the caller’s clock, whatever the issuer’s says', async () => {
    issuer.skew = -86_400;
    const client = issuer.client();
    await tokenOf(client);
    issuer.now += 200_000;
    expect(await tokenOf(client)).toBe('t1');
  });

  test('is fetched anew after a thaw, and when the clock was set back', async () => {
    const client = issuer.client();
    await tokenOf(client);
    issuer.now += 3_600_000;
    expect(await tokenOf(client)).toBe('t2');
    issuer.now -= 7_200_000;
    expect(await tokenOf(client)).toBe('t3');
  });

  test('that is old and cannot be renewed is used as long as it lives', async () => {
    const client = issuer.client({ timeoutMs: 100 });
    await tokenOf(client);
    issuer.answer = () => issuer.refuse(403, 'audience_not_allowed');
    issuer.now += 250_000;
    expect(await tokenOf(client)).toBe('t1');
    issuer.now += 6000;
    expect(await tokenOf(client)).toBe('t1');
    // One try at each, five seconds apart.
    await vi.waitFor(() => expect(issuer.sent).toHaveLength(3), PATIENT);
    issuer.now += 60_000;
    expect((await refused(tokenOf(client))).code).toBe('audience_not_allowed');
  });
});

describe('many callers', () => {
  test('of one request cost one call', async () => {
    const client = issuer.client();
    const tokens = await Promise.all(Array.from({ length: 200 }, () => tokenOf(client)));
    expect(new Set(tokens)).toEqual(new Set(['t1']));
    expect(issuer.sent).toHaveLength(1);
  });

  test('share a token exactly when they ask for the same', async () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 3 }, fc.constantFrom('a', 'b', 1, true, null), tie('list'), tie('object')),
      list: fc.array(tie('any'), { maxLength: 2 }),
      object: fc.dictionary(fc.constantFrom('a', 'b', 'list', 'object'), tie('any'), { maxKeys: 2 }),
    })).object;
    const claims = value as fc.Arbitrary<Record<string, unknown>>;
    await fc.assert(
      fc.asyncProperty(claims, claims, async (first, second) => {
        const own = new FakeIssuer();
        const client = own.client();
        const a = await tokenOf(client, { ...REQUEST, claims: first });
        const b = await tokenOf(client, { ...REQUEST, claims: reversed(second) });
        expect(a === b).toBe(canonical(first) === canonical(second));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['an instant', { t: new Date(1) }, { t: new Date(2) }],
    ['a member that is not sent', { t: undefined }, { t: null }],
  ])('share none by %s, which is another when it is sent', async (_, first, second) => {
    const client = issuer.client();
    expect(await tokenOf(client, { ...REQUEST, claims: first })).toBe('t1');
    expect(await tokenOf(client, { ...REQUEST, claims: second })).toBe('t2');
    expect(await tokenOf(client, { ...REQUEST, claims: first })).toBe('t1');
  });

  test('of different requests are kept apart, and only so many of them', async () => {
    const client = issuer.client({ maxEntries: 3 });
    for (const audience of ['a', 'b', 'c']) await tokenOf(client, { audience });
    await tokenOf(client, { audience: 'a' });
    expect(issuer.sent).toHaveLength(3);
    await tokenOf(client, { audience: 'd' });
    await tokenOf(client, { audience: 'a' });
    expect(issuer.sent).toHaveLength(4);
    // The least lately used had to go.
    await tokenOf(client, { audience: 'b' });
    expect(issuer.sent).toHaveLength(5);
  });
});

describe('a refusal', () => {
  /** Whose time is over as soon as he looks again. */
  const impatient = () => ({ now: () => (issuer.now += 9000) });

  test('is the issuer’s, with its code, its sentence and its place, and costs one call', async () => {
    issuer.answer = () => issuer.refuse(403, 'audience_not_allowed');
    const error = await refused(issuer.client().get(REQUEST));
    expect(error).toBeInstanceOf(TokenError);
    expect(error).toMatchObject({
      code: 'audience_not_allowed',
      message: 'the sentence',
      pointer: '/audience',
      status: 403,
    });
    expect(issuer.sent).toHaveLength(1);
  });

  test('by IAM says so', async () => {
    issuer.answer = () => Response.json({ Message: 'Forbidden' }, { status: 403 });
    expect(await refused(issuer.client().get(REQUEST))).toMatchObject({
      code: 'forbidden',
      message: 'IAM did not let the call through: Forbidden',
    });
  });

  test.each([
    ['HTML', () => new Response('<html>', { status: 502 }), 'answer_invalid', 'the answer (502) must be JSON'],
    ['an answer that ends early', () => new Response(brokenOff()), 'unreachable', 'answer (200) must be whole'],
    ['an empty answer', () => new Response(''), 'answer_invalid', 'the answer must have token'],
    ['a token that is none', () => Response.json({ token: 1 }), 'answer_invalid', 'the answer must have token'],
    ['a dead line', () => Promise.reject(new TypeError('fetch failed')), 'unreachable', 'the issuer must answer'],
  ] as const)('%s', async (_, answer, code, sentence) => {
    issuer.answer = answer;
    const error = await refused(issuer.client(impatient()).get(REQUEST));
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
  });

  test('by IAM does not repeat what AWS has read', async () => {
    const first = 'The request signature we calculated does not match the signature you provided.';
    for (const message of [
      `${first}\n\nThe Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:session'`,
      `${first} x-amz-security-token:session x-amz-security-token=session`,
      `\n${first}\nX-Amz-Security-Token: session`,
    ]) {
      issuer.answer = () => Response.json({ message }, { status: 403 });
      const error = await refused(issuer.client().get(REQUEST));
      expect(error.message.split(' x-amz-')[0]).toBe(`IAM did not let the call through: ${first}`);
      expect(error.message).not.toContain('session');
    }
  });

  test('by what stands in the issuer’s place has no code of the issuer', async () => {
    const notFound = { code: 'ResourceNotFoundException', detail: 'no function sign:any' };
    issuer.answer = () => Response.json(notFound, { status: 404 });
    expect(await refused(issuer.client().get(REQUEST))).toMatchObject({
      code: 'answer_invalid',
      message: 'Lambda answers 404: no function sign:any',
    });
  });

  test('of a signature of another time is met with the time that AWS says, once', async () => {
    const signedAt = () => issuer.sent.map(({ headers }) => headers.get('x-amz-date'));
    const date = new Date(issuer.now + 600_000).toUTCString();
    issuer.answer = (count) =>
      count === 1 ? Response.json({ message: 'expired' }, { status: 403, headers: { date } }) : issuer.issue();
    const client = issuer.client();
    expect(await tokenOf(client)).toBe('t2');
    await tokenOf(client, { audience: 'other' });
    expect(signedAt()).toEqual(['20270115T080000Z', '20270115T081000Z', '20270115T081000Z']);
    issuer.answer = () => Response.json({ message: 'expired' }, { status: 403, headers: { date } });
    expect((await refused(client.get({ audience: 'third' }))).code).toBe('forbidden');
    expect(issuer.sent).toHaveLength(4);
  });

  test('holds no token and no secret', async () => {
    for (const answer of [
      () => issuer.refuse(403, 'x'),
      () => Promise.reject(new Error('x')),
      () => new Response('session'),
    ]) {
      issuer.answer = answer;
      const error = await refused(issuer.client(impatient()).get({ ...REQUEST, claims: { pin: 'my-claim' } }));
      expect(inspect(error, { depth: 9 })).not.toMatch(/["']secret|session|my-claim/);
    }
  });
});

describe('what may pass', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => vi.useRealTimers());
  // Unsigned: a signature takes real time.
  const local = { url: 'http://localhost:4790/sign' };
  const run = async <T>(promise: Promise<T>): Promise<T> => {
    promise.catch(() => undefined);
    for (let tick = 0; tick < 200; tick++) {
      issuer.now += 100;
      await vi.advanceTimersByTimeAsync(100);
    }
    return promise;
  };

  test.each([429, 500, 502, 503, 504])('%i is asked again', async (status) => {
    issuer.answer = (count) => (count < 3 ? issuer.refuse(status, 'throttled') : issuer.issue());
    expect(await run(tokenOf(issuer.client(local)))).toBe('t3');
  });

  test('not before the issuer said, and not in step with the others', async () => {
    const starts: number[] = [];
    const begin = issuer.now;
    issuer.answer = () => {
      starts.push(issuer.now - begin);
      return issuer.refuse(503, 'no_active_key', { 'retry-after': '2' });
    };
    await run(refused(issuer.client(local).get(REQUEST)));
    for (const [index, start] of starts.entries())
      if (index > 0) expect(start - (starts[index - 1] ?? 0)).toBeGreaterThanOrEqual(2000);
    expect(starts.length).toBeGreaterThan(2);
    const pauses = new Set<number>();
    for (const drawn of [0, 0.25, 0.5, 0.75, 0.99]) {
      vi.spyOn(Math, 'random').mockReturnValue(drawn);
      const own = new FakeIssuer();
      const startedAt: number[] = [];
      own.answer = () => {
        startedAt.push(own.now);
        return own.refuse(429, 'throttled');
      };
      const promise = refused(own.client({ ...local, timeoutMs: 1000 }).get(REQUEST));
      for (let tick = 0; tick < 60; tick++) {
        own.now += 17;
        await vi.advanceTimersByTimeAsync(17);
      }
      await promise;
      pauses.add((startedAt[1] ?? 0) - (startedAt[0] ?? 0));
    }
    expect(pauses.size).toBeGreaterThan(2);
  });

  test('is given up with the last reason when the caller’s time is over', async () => {
    issuer.answer = () => issuer.refuse(429, 'throttled');
    const begin = issuer.now;
    let ended = 0;
    const error = await run(
      refused(issuer.client({ ...local, timeoutMs: 3000 }).get(REQUEST)).then((reason) => {
        ended = issuer.now - begin;
        return reason;
      }),
    );
    expect(error.code).toBe('throttled');
    expect(ended).toBeLessThanOrEqual(3100);
    expect(issuer.sent.length).toBeGreaterThan(3);
  });

  test('the most hurried caller ends no other’s waiting', async () => {
    issuer.answer = (count) => (count < 4 ? issuer.refuse(429, 'throttled') : issuer.issue());
    const client = issuer.client(local);
    const hurried = refused(client.get(REQUEST, { timeoutMs: 150 }));
    const patient = tokenOf(client);
    expect((await run(hurried)).code).toBe('timed_out');
    expect(await patient).toBe('t4');
  });

  test('a silent issuer ends the waiting, not the process', async () => {
    issuer.answer = () => new Promise<Response>(() => undefined);
    const error = await run(refused(issuer.client(local).get(REQUEST, { timeoutMs: 500 })));
    expect(error).toMatchObject({ code: 'timed_out', message: 'there must be a token within 500 ms, there is none' });
  });

  test('a fetch that was frozen is not waited for', async () => {
    const client = issuer.client(local);
    issuer.answer = () => new Promise<Response>(() => undefined);
    await run(refused(client.get(REQUEST, { timeoutMs: 100 })));
    issuer.answer = () => issuer.issue();
    issuer.now += 3_600_000;
    expect(await run(tokenOf(client))).toBe('t2');
  });
});

describe('a signal', () => {
  test('ends the waiting of its own caller only', async () => {
    let release: (() => void) | undefined;
    issuer.answer = () =>
      new Promise((resolve) => {
        release = () => resolve(issuer.issue());
      });
    const client = issuer.client();
    const controller = new AbortController();
    const aborted = refused(client.get(REQUEST, { signal: controller.signal }));
    const other = tokenOf(client);
    controller.abort(new Error('enough'));
    expect((await aborted).message).toBe('enough');
    await vi.waitFor(() => expect(release).toBeDefined(), PATIENT);
    release?.();
    expect(await other).toBe('t1');
    await expect(client.get(REQUEST, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });
});

describe('the Region', () => {
  const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:Keyturn-Sign:orders';
  const domain = 'https://tokens.example.com/';

  test.each([
    ['of the options, above all', { functionName: arn, region: 'us-east-1' }, 'ap-south-1', 'us-east-1'],
    ['of the options, above the URL', { url: URL_OF_ORDERS, region: 'us-east-1' }, 'ap-south-1', 'us-east-1'],
    ['of the ARN', { functionName: arn }, undefined, 'eu-west-1'],
    ['of the ARN, whatever AWS_REGION is', { functionName: arn }, 'ap-south-1', 'eu-west-1'],
    ['of the URL, whatever AWS_REGION is', { url: URL_OF_ORDERS }, 'ap-south-1', 'eu-central-1'],
    ['of the environment, for a name', { functionName: 'sign:orders' }, 'ap-south-1', 'ap-south-1'],
    ['of the environment, for a domain of one’s own', { url: domain }, 'ap-south-1', 'ap-south-1'],
  ])('is that %s', async (_, options, environment, region) => {
    vi.stubEnv('AWS_REGION', environment);
    await issuer.client(options).get(REQUEST);
    const [{ url, headers }] = issuer.sent as never as [(typeof issuer.sent)[0]];
    expect(headers.get('authorization')).toContain(`/${region}/lambda/aws4_request`);
    if ('functionName' in options) expect(url).toContain(`https://lambda.${region}.amazonaws.com/`);
  });
});

describe('by Invoke', () => {
  const functionName = 'arn:aws:lambda:eu-west-1:111122223333:function:Keyturn-Sign:orders';

  test('the alias is part of the name, and the address that of the Region', async () => {
    await issuer.client({ functionName }).get(REQUEST);
    expect(issuer.sent[0]?.url).toBe(
      `https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
    );
    await issuer.client({ functionName: 'sign:orders', region: 'cn-north-1' }).get(REQUEST);
    expect(issuer.sent[1]?.url).toContain('https://lambda.cn-north-1.amazonaws.com.cn/');
  });

  test.each(['http://localhost:4566', 'http://localhost:4566/', 'http://localhost:4566//'])(
    'AWS_ENDPOINT_URL stands in its place: %s',
    async (endpoint) => {
      vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
      await issuer.client({ functionName: 'sign:orders', region: 'us-east-1' }).get(REQUEST);
      expect(issuer.sent[0]?.url).toBe('http://localhost:4566/2015-03-31/functions/sign%3Aorders/invocations');
      vi.stubEnv('AWS_ENDPOINT_URL', 'localhost 4566');
      const sentence = 'AWS_ENDPOINT_URL must be a URL, got "localhost 4566"';
      expect(() => issuer.client({ functionName: 'sign:orders', region: 'us-east-1' })).toThrow(sentence);
    },
  );

  test('what the function throws is a refusal with its code, and asked again where it may pass', async () => {
    const thrown = (errorType: string) =>
      Response.json({ errorType, errorMessage: 'the sentence' }, { headers: { 'x-amz-function-error': 'Unhandled' } });
    issuer.answer = () => thrown('scope_not_allowed');
    const client = issuer.client({ functionName });
    expect(await refused(client.get(REQUEST))).toMatchObject({ code: 'scope_not_allowed', message: 'the sentence' });
    expect(issuer.sent).toHaveLength(1);
    issuer.answer = (count) => (count < 3 ? thrown('Runtime.ExitError') : issuer.issue());
    expect(await tokenOf(client, { audience: 'other' })).toBe('t3');
    issuer.answer = () => thrown('token_too_large');
    expect(await refused(client.get({ audience: 'third' }))).toMatchObject({ status: 413 });
  });
});

describe('options', () => {
  test.each([
    [{}, 'either url or functionName must be given'],
    [{ url: URL_OF_ORDERS, functionName: 'sign:orders' }, 'either url or functionName must be given'],
    [{ url: 'sign' }, 'url must be the sign function\'s URL, got "sign"'],
    [
      { url: 'http://example.com/' },
      'url must use https (http only on localhost, or at a name without a dot), got http://example.com',
    ],
    [{ url: 'https://tokens.example.com/' }, 'region must be given, or AWS_REGION be set: url names none'],
    [
      { url: 'https://user:pw@tokens.example.com/' },
      "url must be the sign function's URL, without user name and password",
    ],
    [{ functionName: 'sign:orders' }, 'region must be given, or AWS_REGION be set: functionName names none'],
    [
      { url: URL_OF_ORDERS, timeoutMs: Number.POSITIVE_INFINITY },
      'timeoutMs must be from 0 to 2147483647, got Infinity',
    ],
    [{ url: URL_OF_ORDERS, timeoutMs: 2 ** 31 }, 'timeoutMs must be from 0 to 2147483647, got 2147483648'],
    [{ url: URL_OF_ORDERS, timeoutMs: '1' as never }, 'timeoutMs must be from 0 to 2147483647, got 1'],
    [{ url: URL_OF_ORDERS, refreshAfter: 70 }, 'refreshAfter must be more than 0 and at most 1, got 70'],
    [{ url: URL_OF_ORDERS, refreshAfter: 0 }, 'refreshAfter must be more than 0 and at most 1, got 0'],
    [{ url: URL_OF_ORDERS, maxEntries: 0 }, 'maxEntries must be a whole number of at least 1, got 0'],
    [{ url: URL_OF_ORDERS, maxEntries: 1.5 }, 'maxEntries must be a whole number of at least 1, got 1.5'],
  ])('%j', (options, sentence) => {
    expect(() => new TokenClient(options)).toThrow(expect.objectContaining({ code: 'options_invalid' }));
    expect(() => new TokenClient(options)).toThrow(sentence);
  });

  test.each([
    [undefined, 'the request must be an object, got undefined'],
    [null, 'the request must be an object, got null'],
    ['orders-api', 'the request must be an object, got string'],
    [{ audience: 1n }, 'the request must be JSON, it cannot be written as such'],
  ])('nor is this a request: %#', async (request, sentence) => {
    const error = await refused(issuer.client().get(request as never));
    expect(error).toMatchObject({ code: 'options_invalid', message: sentence });
    expect(issuer.sent).toHaveLength(0);
  });

  test.each([Number.POSITIVE_INFINITY, 2 ** 31, -1, Number.NaN])('nor %d a time', async (timeoutMs) => {
    expect((await refused(issuer.client().get(REQUEST, { timeoutMs }))).code).toBe('options_invalid');
  });

  test.each([
    'http://localhost:4790/sign',
    'http://issuer:4790/sign',
    'http://host.docker.internal:4790/sign',
    'http://0.0.0.0:4790/sign',
  ])('a local issuer needs no credentials and no Region: %s', async (url) => {
    const client = new TokenClient({ url, fetch: issuer.fetch });
    expect((await client.get(REQUEST)).token).toBe('t1');
    expect(issuer.sent[0]?.headers.has('authorization')).toBe(false);
  });
});

const brokenOff = () =>
  new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode('{"token":'));
      controller.error(new TypeError('terminated'));
    },
  });
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );

test('costs nothing to import: Node loads its fetch when it is first asked for', async () => {
  const client = new URL('../../../lib/sdk/client/index.ts', import.meta.url).href;
  const program = `
    await import('${client}');
    console.log(process.moduleLoadList.filter((name) => name.includes('undici')).length);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  expect(stdout.trim()).toBe('0');
});
