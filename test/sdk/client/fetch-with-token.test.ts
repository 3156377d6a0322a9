/** `fetch` with a token in each call: what it sends, what it sends twice, and what a 401 costs. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TokenClientOptions } from '../../../lib/sdk/client/index.ts';
import { FakeIssuer, REQUEST, refused } from './fake-issuer.ts';

/** Of a machine that is busy. */
const PATIENT = { timeout: 10_000 };

const SIGN = 'http://localhost:4790/sign';
const API = 'https://api.example.com/';

let issuer: FakeIssuer;
let calls: { headers: Headers; body: unknown }[];
let statuses: number[];
let api: () => Response;
beforeEach(() => {
  issuer = new FakeIssuer();
  calls = [];
  statuses = [];
  api = () => new Response('answer', { status: statuses.shift() ?? 200 });
});
/** Answers for the issuer of this test and for the API behind it. */
function client(options: Partial<TokenClientOptions> = {}) {
  const own = issuer;
  const both: typeof globalThis.fetch = async (input, init) => {
    if (input === SIGN) return own.fetch(input, init);
    calls.push({ headers: new Headers(init?.headers), body: init?.body });
    return api();
  };
  return own.client({ url: SIGN, fetch: both, ...options });
}
const wrapped = (options?: Partial<TokenClientOptions>) => client(options).fetch(REQUEST);
const bearers = () => calls.map(({ headers }) => headers.get('authorization'));

test('sends the token along, beside the caller’s own headers', async () => {
  await wrapped()(API, { headers: { accept: 'text/plain' } });
  expect(bearers()).toEqual(['Bearer t1']);
  expect(calls[0]?.headers.get('accept')).toBe('text/plain');
});

test('takes a Request, with its headers, and others in their place', async () => {
  statuses = [401];
  const fetch = wrapped();
  const request = new Request(API, { headers: { accept: 'a/b' } });
  expect((await fetch(request)).status).toBe(200);
  expect(bearers()).toEqual(['Bearer t1', 'Bearer t2']);
  expect(calls.map(({ headers }) => headers.get('accept'))).toEqual(['a/b', 'a/b']);
  await fetch(request, { headers: { accept: 'c/d' } });
  expect(calls[2]?.headers.get('accept')).toBe('c/d');
});

describe('on 401', () => {
  test('it renews once', async () => {
    statuses = [401, 200];
    expect((await wrapped()(API, { method: 'POST', body: 'x' })).status).toBe(200);
    expect(calls.map(({ body }) => body)).toEqual(['x', 'x']);
    expect(bearers()).toEqual(['Bearer t1', 'Bearer t2']);
    statuses = [401, 401, 200];
    expect((await wrapped()(API)).status).toBe(401);
  });

  test('the answer that is not given is not left open either', async () => {
    const first = new Response('no', { status: 401 });
    const answers = [first, new Response('yes')];
    api = () => answers.shift() as Response;
    const cancelled = vi.spyOn(first.body as ReadableStream, 'cancel');
    expect(await (await wrapped()(API)).text()).toBe('yes');
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test('an API that refuses every token does not make every call one of the issuer', async () => {
    statuses = Array.from({ length: 100 }, () => 401);
    const fetch = wrapped();
    for (let call = 0; call < 20; call++) expect((await fetch(API)).status).toBe(401);
    expect(issuer.sent).toHaveLength(2);
    issuer.now += 5000;
    await fetch(API);
    expect(issuer.sent).toHaveLength(3);
  });

  test('nor is it held back for an hour by a clock that was set back', async () => {
    const fetch = wrapped();
    statuses = [401];
    await fetch(API);
    issuer.now -= 3_600_000;
    await fetch(API);
    statuses = [401];
    expect((await fetch(API)).status).toBe(200);
    expect(bearers().at(-1)).toBe('Bearer t4');
  });

  test('without another token the answer stands, and the token too, for it is good elsewhere', async () => {
    const fetch = wrapped({ timeoutMs: 300 });
    await fetch(API);
    issuer.answer = () => issuer.refuse(429, 'throttled');
    statuses = [401];
    const response = await fetch(`${API}strict`);
    expect({ status: response.status, text: await response.text() }).toEqual({ status: 401, text: 'answer' });
    expect((await fetch(`${API}healthy`)).status).toBe(200);
    expect(bearers()).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t1']);
  });

  test('one call waits for another token, and others do not wait with it', async () => {
    const tokens = client();
    const fetch = tokens.fetch(REQUEST);
    await fetch(API);
    issuer.answer = (count) => (count < 4 ? issuer.refuse(503, 'no_active_key') : issuer.issue());
    statuses = [401];
    const waiting = fetch(`${API}burned`);
    await vi.waitFor(() => expect(issuer.sent).toHaveLength(2), PATIENT);
    expect((await tokens.get(REQUEST)).token).toBe('t1');
    statuses = [401];
    // Whoever meets the 401 after that waits for the same.
    const another = fetch(`${API}burned`);
    for (const response of [await waiting, await another]) expect(response.status).toBe(200);
    expect(bearers().slice(-2)).toEqual(['Bearer t4', 'Bearer t4']);
    expect(issuer.sent).toHaveLength(4);
  });

  test('a refresh that began before it is not waited for: it may bring the burned key’s', async () => {
    const tokens = client({ refreshAfter: 0.5 });
    const fetch = tokens.fetch(REQUEST);
    await fetch(API);
    let release: (answer: Response) => void = () => undefined;
    issuer.answer = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    issuer.now += 200_000;
    await tokens.get(REQUEST);
    expect(issuer.sent).toHaveLength(2);
    const late = issuer.issue();
    issuer.answer = () => issuer.issue();
    statuses = [401];
    expect((await fetch(API)).status).toBe(200);
    expect(bearers().at(-1)).toBe('Bearer t3');
    release(late);
    await new Promise(setImmediate);
    expect((await tokens.get(REQUEST)).token).toBe('t3');
    // Who has had the late one all the same gets the new one, and costs no call.
    tokens.drop(REQUEST, { token: 't2' });
    expect((await tokens.get(REQUEST)).token).toBe('t3');
    expect(issuer.sent).toHaveLength(3);
  });

  test('to a body that is gone the next call has another token', async () => {
    statuses = [401];
    const fetch = wrapped();
    const body = new Blob(['x']).stream();
    expect((await fetch(API, { method: 'POST', body, duplex: 'half' } as RequestInit)).status).toBe(401);
    await fetch(API);
    expect(bearers()).toEqual(['Bearer t1', 'Bearer t2']);
  });
});

type Call = Parameters<typeof globalThis.fetch>;
describe('a signal', () => {
  const never = () => new Promise<Response>(() => undefined);
  const aborts = () => AbortSignal.abort(new Error('enough'));

  test.each([
    ['of the call', [API, { signal: aborts() }]],
    ['of the Request', [new Request(API, { signal: aborts() })]],
  ])('%s is heard before there is a token', async (_, call) => {
    issuer.answer = never;
    expect((await refused(wrapped()(...(call as Call)))).message).toBe('enough');
    expect(issuer.sent).toHaveLength(0);
  });

  test.each([
    ['of the call', (signal: AbortSignal): Call => [API, { signal }]],
    ['of the Request', (signal: AbortSignal): Call => [new Request(API, { signal })]],
  ])('%s ends the waiting for a token, the first and the second', async (_, call) => {
    for (const status of [200, 401]) {
      const fetch = wrapped();
      if (status === 401) await fetch(API);
      const before = issuer.sent.length;
      statuses = [status];
      issuer.answer = never;
      const controller = new AbortController();
      const ended = refused(fetch(...call(controller.signal)));
      await vi.waitFor(() => expect(issuer.sent.length).toBe(before + 1), PATIENT);
      controller.abort(new Error('enough'));
      expect((await ended).message).toBe('enough');
      issuer.answer = () => issuer.issue();
    }
  });

  test('of null stands in the place of the Request’s', async () => {
    expect((await wrapped()(new Request(API, { signal: aborts() }), { signal: null })).status).toBe(200);
  });
});

describe('over the wire', () => {
  let server: Server;
  let url: string;
  const received: string[] = [];
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      received.push(text);
      response.writeHead(received.length === 1 ? 401 : 200).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const real = (): typeof globalThis.fetch =>
    issuer
      .client({ fetch: (input, init) => (input === SIGN ? issuer.fetch : fetch)(input, init), url: SIGN })
      .fetch(REQUEST);
  beforeEach(() => {
    received.length = 0;
  });
  const bytes = new TextEncoder().encode('hello');
  const form = new FormData();
  form.set('member', 'hello');

  test.each([
    ['a string', 'hello'],
    ['an ArrayBuffer', bytes.buffer],
    ['a view', bytes],
    ['a Blob', new Blob([bytes])],
    ['a form', form],
    ['parameters', new URLSearchParams({ member: 'hello' })],
  ])('%s is sent twice, whole', async (_, body) => {
    const response = await real()(url, { method: 'POST', body });
    expect(response.status).toBe(200);
    expect(received).toHaveLength(2);
    for (const text of received) expect(text).toContain('hello');
  });

  test('beside a Request, too', async () => {
    const request = new Request(url, { method: 'POST', body: 'its own' });
    expect((await real()(request, { body: 'hello' })).status).toBe(200);
    expect(received).toEqual(['hello', 'hello']);
  });

  async function* generated() {
    yield bytes;
  }
  test.each([
    ['a stream', () => new Blob([bytes]).stream()],
    ['a generator', generated],
    ['a Readable', () => Readable.from(['hello'])],
  ])('%s is sent once', async (_, body) => {
    const init = { method: 'POST', body: body(), duplex: 'half' } as unknown as RequestInit;
    expect((await real()(url, init)).status).toBe(401);
    expect(received).toEqual(['hello']);
  });

  test('so is that of a Request; one without a body is sent again', async () => {
    expect((await real()(new Request(url, { method: 'POST', body: 'hello' }))).status).toBe(401);
    expect(received).toEqual(['hello']);
    received.length = 0;
    expect((await real()(new Request(url))).status).toBe(200);
  });
});
