import { createServer, type IncomingMessage, type Server, request as send } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Claims, expressMiddleware, type Verifier } from '../../../lib/sdk/verifier/index.ts';
import { testKey } from './forge.ts';
import { World } from './world.ts';

const KEY = testKey('ES256', 'ec');
const world = new World();
world.publish(KEY);
const TOKEN = world.token(KEY, { scope: 'orders:read' });

/** As Connect and Express call it. */
async function serve(verifier: Verifier, options = {}): Promise<Server> {
  const middleware = expressMiddleware(verifier, options);
  const server = createServer((request: IncomingMessage & { auth?: Claims }, response) => {
    middleware(request, response, (error) => {
      if (error) response.statusCode = 500;
      response.end(error ? String(error) : JSON.stringify(request.auth));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function ask(server: Server, headers: readonly string[]) {
  const { port } = server.address() as AddressInfo;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    send({ port, host: '127.0.0.1', headers: ['host', 'x', ...headers], agent: false }, resolve)
      .on('error', reject)
      .end();
  });
  const body = (await response.toArray()).join('');
  return { status: response.statusCode, headers: response.headers, body };
}

describe('expressMiddleware', () => {
  let server: Server;
  beforeAll(async () => {
    server = await serve(world.verifier(), { scopes: ['orders:read'] });
  });
  afterAll(() => server.close());

  test('sets the claims and goes on', async () => {
    const { status, body } = await ask(server, ['authorization', `Bearer ${TOKEN}`]);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ sub: 'svc:checkout', scope: 'orders:read' });
  });

  test.each<[string, string[], number, string, string]>([
    ['no token', [], 401, 'token_missing', 'Bearer'],
    ['a bad token', ['authorization', 'Bearer a.b.c'], 401, 'token_malformed', 'error="invalid_token"'],
    [
      'too little scope',
      ['authorization', `Bearer ${world.token(KEY)}`],
      403,
      'scope_insufficient',
      'scope="orders:read"',
    ],
    [
      'two headers, of which node:http shows the first',
      ['authorization', `Bearer ${TOKEN}`, 'Authorization', 'Bearer other'],
      400,
      'request_malformed',
      'error="invalid_request"',
    ],
  ])('answers %s', async (_, headers, status, code, authenticates) => {
    const answer = await ask(server, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers['www-authenticate']).toContain(authenticates);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({ status, code });
  });

  test('over HTTP/2 too, two headers are refused', async () => {
    const middleware = expressMiddleware(world.verifier());
    const server = createHttp2Server((request, response) => {
      middleware(request, response, () => response.end(`hello ${(request as { auth?: Claims }).auth?.sub}`));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // Node's own client would not send them.
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      strictSingleValueFields: false,
    } as object);
    const ask = async (...authorization: string[]) => {
      const stream = client.request({ ':path': '/', authorization: authorization as never });
      const status = await new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])));
      return [status, (await stream.toArray()).join('')];
    };
    expect(await ask(`Bearer ${TOKEN}`)).toEqual([200, 'hello svc:checkout']);
    expect(await ask(`Bearer ${TOKEN}`, 'Bearer other')).toEqual([400, expect.stringContaining('request_malformed')]);
    client.close();
    server.close();
  });

  test('takes a value for no name', async () => {
    const next = vi.fn();
    const response = { statusCode: 200, setHeader: vi.fn(), end: vi.fn() };
    const headers = { authorization: `Bearer ${TOKEN}`, x: 'authorization' };
    const rawHeaders = ['authorization', headers.authorization, 'x', 'authorization'];
    await expressMiddleware(world.verifier())({ headers, rawHeaders }, response, next);
    expect(next).toHaveBeenCalledOnce();
  });

  test('goes on with nobody else after a refusal', async () => {
    const next = vi.fn();
    const response = { statusCode: 200, setHeader: vi.fn(), end: vi.fn() };
    const request = { headers: { authorization: 'Bearer a.b.c' } };
    await expressMiddleware(world.verifier())(request, response, next);
    expect(next).not.toHaveBeenCalled();
    expect(response.end).toHaveBeenCalledOnce();
    expect(request).not.toHaveProperty('auth');
  });

  test('hands on what is not a refusal', async () => {
    const broken = await serve({
      verify: () => Promise.reject(new RangeError('a bug')),
      hydrate: async () => undefined,
    });
    const { status, body } = await ask(broken, ['authorization', 'Bearer a']);
    broken.close();
    expect([status, body]).toEqual([500, 'RangeError: a bug']);
  });

  test('refuses an option that does not exist', () => {
    expect(() => expressMiddleware(world.verifier(), { scope: 'a' } as object)).toThrow('scope is not an option here');
  });
});
