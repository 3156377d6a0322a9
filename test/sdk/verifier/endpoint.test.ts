/** A JWKS endpoint that misbehaves, over HTTP: the last good set serves up to its ceiling, then nothing verifies. */
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createVerifier } from '../../../lib/sdk/verifier/index.ts';
import { AUDIENCE, CLAIMS, forge, HEADER, ISSUER, JWKS, NOW } from './forge.ts';
import { verdict } from './world.ts';

const SET = JSON.stringify(JWKS);
const TOKEN = forge(HEADER, { ...CLAIMS, exp: NOW + 86_400 });
const CEILING = 3600;
const BOMB = gzipSync(Buffer.alloc(20_000_000, ' '), { level: 1 });

let answer: RequestListener;
let origin: string;
const asked: string[] = [];
let sent = 0;
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  response.on('close', () => {
    sent += response.socket?.bytesWritten ?? 0;
  });
  answer(request, response);
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked.length = 0;
  sent = 0;
});

const good: RequestListener = (_, response) => response.setHeader('content-type', 'application/jwk-set+json').end(SET);
const ok =
  (type: string, body: string | Uint8Array): RequestListener =>
  (_, response) =>
    response.setHeader('content-type', type).end(body);
const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(code, headers).end(SET);

/** A chunk at a time, as long as somebody reads. */
function pour(response: ServerResponse, chunk: string | Uint8Array, times: number, pauseMs = 0): void {
  if (response.destroyed || times === 0) return void response.end();
  const next = () => pour(response, chunk, times - 1, pauseMs);
  if (pauseMs > 0) {
    response.write(chunk);
    setTimeout(next, pauseMs);
  } else if (response.write(chunk)) setImmediate(next);
  else response.once('drain', next);
}

function verifierOf(clock: { offset: number }, options = {}) {
  return createVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ['RS256'],
    maxTokenLifetime: 86_400,
    jwksUrl: `${origin}/.well-known/jwks.json`,
    now: () => (NOW + clock.offset) * 1000,
    ...options,
  });
}

describe.each<[string, RequestListener, string]>([
  ['500', status(500), 'it was answered with status 500'],
  ['503 with Retry-After', status(503, { 'retry-after': '1' }), 'it was answered with status 503'],
  ['204', (_, response) => response.writeHead(204).end(), 'it was answered with status 204'],
  ['a redirect to a good set', status(302, { location: '/elsewhere' }), 'it was answered with status 302'],
  ['a permanent redirect', status(308, { location: 'https://evil.example' }), 'it was answered with status 308'],
  ['HTML', ok('text/html', '<!doctype html><title>Sign in</title>'), 'it is not JSON in UTF-8'],
  ['HTML that says it is JSON', ok('application/json', '<html>'), 'it is not JSON in UTF-8'],
  ['nothing', ok('application/json', ''), 'it is not JSON in UTF-8'],
  ['half of the set', ok('application/json', SET.slice(0, SET.length / 2)), 'it is not JSON in UTF-8'],
  [
    'bytes that are no UTF-8',
    ok('application/json', Buffer.from(SET.replace('{', '{"x":"\xff",'), 'latin1')),
    'it is not JSON in UTF-8',
  ],
  ['an empty set', ok('application/json', '{"keys":[]}'), 'it has no usable key (it has none with a kid)'],
  ['no set', ok('application/json', '{"error":"no"}'), 'it is not a JWKS'],
  ['null', ok('application/json', 'null'), 'it is not a JWKS'],
  ['keys that are no array', ok('application/json', '{"keys":{"length":1}}'), 'it is not a JWKS'],
  [
    'keys that are no keys',
    ok('application/json', '{"keys":[null,1,"a",[],{}]}'),
    'it has no usable key (it has none with a kid)',
  ],
  [
    'a hundred and one keys',
    ok('application/json', JSON.stringify({ keys: Array(101).fill(JWKS.keys[0]) })),
    'it has more than 100 keys',
  ],
  ['100 MB', (_, response) => pour(response, Buffer.alloc(65_536, ' '), 1600), 'it has more than 262144 bytes'],
  [
    '20 MB in 100 KB',
    (_, response) => response.setHeader('content-encoding', 'gzip').end(BOMB),
    'it has more than 262144 bytes',
  ],
  ['a byte now and then', (_, response) => pour(response, ' ', 1000, 20), 'it took longer than 0.25 s'],
  ['headers and then nothing', (_, response) => response.flushHeaders(), 'it took longer than 0.25 s'],
  ['nothing at all', () => undefined, 'it took longer than 0.25 s'],
  ['a connection that is cut', (request) => request.socket.destroy(), 'it could not be reached'],
  [
    'a body that is cut',
    (request, response) => {
      response.setHeader('content-length', SET.length).write(SET.slice(0, 100), () => request.socket.destroy());
    },
    'it broke off',
  ],
])('an endpoint that answers with %s', (_, bad, fault) => {
  test('leaves the last good set in use up to the ceiling', async () => {
    const clock = { offset: 0 };
    // Where time is what fails, the good answers take none.
    const fetchGood = (url: string, init: object) =>
      answer === good ? Promise.resolve(new Response(SET)) : fetch(url, init);
    const isSlow = fault.includes('took longer');
    const verifier = verifierOf(clock, isSlow ? { keysTimeout: 0.25, fetch: fetchGood } : {});
    answer = good;
    await verifier.verify(TOKEN);
    answer = bad;
    clock.offset = CEILING - 1;
    const startedAt = performance.now();
    expect(await verdict(verifier.verify(TOKEN))).toBe('accepted');
    expect(performance.now() - startedAt).toBeLessThan(5000);
    clock.offset = CEILING;
    await expect(verifier.verify(TOKEN)).rejects.toMatchObject({
      code: 'keys_unavailable',
      status: 503,
      reason: 'unavailable',
      message: `the keys of the issuer are not available: ${fault}`,
    });
    clock.offset += 2;
    answer = good;
    expect(await verdict(verifier.verify(TOKEN))).toBe('accepted');
    // Nothing was asked for but the one document, and no more was read of it than it may have.
    expect(new Set(asked)).toEqual(new Set(['GET /.well-known/jwks.json']));
    expect(sent).toBeLessThan(20_000_000);
  });
});

test('a body without end is hung up on', async () => {
  let hasEnded = false;
  answer = (_, response) => {
    response.on('close', () => {
      hasEnded = true;
    });
    pour(response, Buffer.alloc(65_536, ' '), Number.POSITIVE_INFINITY);
  };
  expect(await verdict(verifierOf({ offset: 0 }).hydrate())).toBe('keys_unavailable');
  await expect.poll(() => hasEnded, { timeout: 30_000 }).toBe(true);
});

test.each(['text/plain', 'application/octet-stream', 'application/json; charset=utf-8'])(
  'a good set under the media type %s is taken',
  async (type) => {
    answer = ok(type, SET);
    expect(await verdict(verifierOf({ offset: 0 }).verify(TOKEN))).toBe('accepted');
  },
);

test.each<[string, string]>([
  ['of as many bytes as there may be', SET.padEnd(262_144)],
  [
    'of a hundred keys',
    JSON.stringify({
      keys: [...JWKS.keys, ...Array.from({ length: 97 }, (_, kid) => ({ ...JWKS.keys[1], kid: `${kid}` }))],
    }),
  ],
])('a set %s is taken', async (_, body) => {
  answer = ok('application/json', body);
  expect(await verdict(verifierOf({ offset: 0 }).verify(TOKEN))).toBe('accepted');
});

test('what is unknown in a set is passed over', async () => {
  const keys = [null, { kty: 'XYZ', kid: 'x' }, { kty: 'AKP', kid: 'y', alg: 'ML-DSA-44', pub: 'AA' }, ...JWKS.keys];
  answer = ok('application/json', JSON.stringify({ keys, documentVersion: 3, 'urn:x': {} }));
  expect(await verdict(verifierOf({ offset: 0 }).verify(TOKEN))).toBe('accepted');
});

describe('jose alone', () => {
  const remote = () => createRemoteJWKSet(new URL(`${origin}/jwks`), { cacheMaxAge: 1, cooldownDuration: 0 });
  const verify = (keys: ReturnType<typeof remote>) =>
    verdict(jwtVerify(TOKEN, keys, { issuer: ISSUER, audience: AUDIENCE, currentDate: new Date(NOW * 1000) }));

  test.each<[string, RequestListener]>([
    ['an empty set in place of a good one', ok('application/json', '{"keys":[]}')],
    ['500: no older set serves', status(500)],
  ])('takes %s', async (_, bad) => {
    const keys = remote();
    answer = good;
    expect(await verify(keys)).toBe('accepted');
    answer = bad;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await verify(keys)).not.toBe('accepted');
  });

  test('reads a document of any size', async () => {
    answer = ok('application/json', `${SET}${' '.repeat(2_000_000)}`);
    expect(await verify(remote())).toBe('accepted');
  });
});
