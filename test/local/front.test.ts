import { mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stack, startStack } from '../../lib/local/stack.ts';

const BUNDLE = `
exports.handler = async (event, context) => {
  if (event?.throw) throw Object.assign(new Error('the reason'), { name: event.throw });
  if (!event?.requestContext) return { function: context.functionName, event };
  const body = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : event.body ?? '';
  if (body.startsWith('answer ')) return JSON.parse(body.slice(7));
  if (body.startsWith('throw')) throw new Error('a secret');
  return { statusCode: 201, headers: { 'X-Alias': context.invokedFunctionArn.split(':')[7] }, body: JSON.stringify({ length: body.length, event }) };
};`;

let stack: Stack;
const ticks: string[] = [];

beforeAll(async () => {
  const bundle = join(mkdtempSync(join(tmpdir(), 'keyturn-')), 'bundle.cjs');
  writeFileSync(bundle, BUNDLE);
  stack = await startStack({
    tableName: 'keyrings',
    bucketName: 'documents',
    distributionId: 'E1',
    functions: () => [
      { name: 'sign', bundle, environment: {}, aliases: ['any'] },
      { name: 'operate', bundle, environment: {} },
      { name: 'rotate', bundle, environment: {} },
    ],
    routes: { sign: 'sign:any', operate: 'operate', rotate: 'rotate' },
    onTick: ({ payload }) => ticks.push(payload),
  });
});
afterAll(() => stack.close());

const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(stack.url + path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

describe('POST /sign', () => {
  test('goes through the function URL of the alias', async () => {
    const response = await post('/sign?a=1&a=2', '{"audience":"x"}', { Cookie: 'c=d; e=f', 'X-Mixed': 'A' });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-alias')).toBe('any');
    const { event } = (await response.json()) as { event: Record<string, unknown> };
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/',
      rawQueryString: 'a=1&a=2',
      queryStringParameters: { a: '1,2' },
      cookies: ['c=d', 'e=f'],
      headers: { 'content-type': 'application/json', 'x-mixed': 'A' },
      body: '{"audience":"x"}',
      isBase64Encoded: false,
      requestContext: { http: { method: 'POST', path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' } },
    });
  });

  test.for([
    ['a form', Buffer.from('a=b'), 'application/x-www-form-urlencoded'],
    ['what is not UTF-8', Buffer.from([0xff, 0x00]), 'application/json'],
  ] as const)('%s reaches the function in base64', async ([, body, type]) => {
    const { event } = (await (await post('/sign', body, { 'content-type': type })).json()) as { event: object };
    expect(event).toMatchObject({ isBase64Encoded: true, body: body.toString('base64') });
  });

  test.for([
    ['{"statusCode":400,"headers":{"Content-Type":"text/x","Retry-After":5},"body":"no"}', 400, 'no', 'text/x'],
    ['{"statusCode":200,"isBase64Encoded":true,"body":"/w=="}', 200, '\ufffd', 'application/json'],
    ['{"token":"x"}', 200, '{"token":"x"}', 'application/json'],
    ['{"statusCode":"200"}', 502, 'Internal Server Error', 'text/plain'],
    ['{"statusCode":200,"body":{}}', 502, 'Internal Server Error', 'text/plain'],
  ] as const)('the handler answers %s', async ([answer, status, body, type]) => {
    const response = await post('/sign', `answer ${answer}`);
    expect([response.status, await response.text(), response.headers.get('content-type')]).toEqual([
      status,
      body,
      type,
    ]);
  });

  test('is the same with a slash at its end', async () => {
    expect((await post('/sign/', '{}')).headers.get('x-alias')).toBe('any');
    expect((await post('//sign', '{}')).status).not.toBe(201);
  });

  test('cookies are set one by one', async () => {
    const response = await post('/sign', 'answer {"statusCode":200,"cookies":["a=b; Path=/","c=d"]}');
    expect(response.headers.getSetCookie()).toEqual(['a=b; Path=/', 'c=d']);
  });

  test('a handler that throws says nothing', async () => {
    const response = await post('/sign', 'throw');
    expect([response.status, await response.text()]).toEqual([502, 'Internal Server Error']);
  });

  test('five megabytes pass, seven and thirteen do not', async () => {
    const five = (await (await post('/sign', 'x'.repeat(5 << 20))).json()) as { length: number };
    expect(five.length).toBe(5 << 20);
    for (const megabytes of [7, 13]) {
      const response = await post('/sign', 'x'.repeat(megabytes << 20));
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ code: 'RequestEntityTooLargeException' });
    }
  });
});

describe('POST /operate', () => {
  test('invokes the operator with the body as it is', async () => {
    const response = await post('/operate', '{"operation":"burn"}');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ function: 'operate', event: { operation: 'burn' } });
  });

  test.for([
    ['operation_unknown', 400],
    ['invalid_member', 400],
    ['transition_refused', 409],
    ['keyring_conflict', 409],
    ['document_newer', 409],
    ['kms_unavailable', 503],
    ['TypeError', 500],
    ['Runtime.ExitError', 502],
  ] as const)('%s is a problem with status %i', async ([code, status]) => {
    const response = await post('/operate', JSON.stringify({ throw: code }));
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toEqual({ status, code, detail: 'the reason' });
  });

  test('what is not JSON never reaches it', async () => {
    const response = await post('/operate', '{');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'InvalidRequestContentException' });
  });
});

test('POST /rotate runs a tick now and answers with its report', async () => {
  const count = ticks.length;
  const response = await post('/rotate', '');
  expect(await response.json()).toEqual({ function: 'rotate', event: {} });
  expect(ticks).toHaveLength(count + 1);
});

describe('pages of other sites', () => {
  const status = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const { host, port } = new URL(stack.url);
      const sent = request(
        { port, host: '127.0.0.1', path: '/operate', method: 'POST', headers: { host, ...headers } },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      );
      sent.on('error', reject).end('{}');
    });
  const own = () => new URL(stack.url).host;

  test.for(['cross-site', 'same-site'])('Sec-Fetch-Site: %s is refused', async (site) => {
    expect(await status({ 'sec-fetch-site': site })).toBe(403);
  });
  test.for(['same-origin', 'none'])('Sec-Fetch-Site: %s is served', async (site) => {
    expect(await status({ 'sec-fetch-site': site, origin: `http://${own()}` })).toBe(200);
  });
  test.for(['http://evil.example', 'null', 'http://127.0.0.1:1'])('origin %s is refused', async (origin) => {
    expect(await status({ origin })).toBe(403);
  });
  test('a name that was rebound to this machine is refused', async () => {
    expect(await status({ origin: 'http://evil.example:80', host: 'evil.example:80' })).toBe(403);
    expect(await status({ origin: 'http://evil.example', host: 'evil.example' })).toBe(403);
  });
  test('a browser on localhost and one on the network are served', async () => {
    expect(await status({ origin: 'http://localhost:4790', host: 'localhost:4790' })).toBe(200);
    expect(await status({ origin: 'http://192.168.1.7:4790', host: '192.168.1.7:4790' })).toBe(200);
    expect(await status({ origin: 'http://[::1]:4790', host: '[::1]:4790' })).toBe(200);
  });
});

test('everything else is the edge', async () => {
  stack.s3.put('public/.well-known/jwks.json', Buffer.from('{"keys":[]}'), {
    'cache-control': 'max-age=5',
    'content-type': 'application/jwk-set+json',
  });
  const response = await fetch(`${stack.url}/.well-known/jwks.json`);
  expect(await response.json()).toEqual({ keys: [] });
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/jwk-set+json',
    'cache-control': 'max-age=5',
    'x-cache': 'Miss from cloudfront',
  });
  const head = await fetch(`${stack.url}/.well-known/jwks.json`, { method: 'HEAD' });
  expect([head.headers.get('content-length'), head.headers.get('x-cache')]).toEqual(['11', 'Hit from cloudfront']);
  expect((await fetch(`${stack.url}/sign`)).status).toBe(403);
  expect((await fetch(stack.url, { method: 'POST' })).status).toBe(405);
});
