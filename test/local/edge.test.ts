import { beforeEach, describe, expect, test } from 'vitest';
import { Bucket } from '../../lib/local/bucket.ts';
import { EdgeCache, type OriginAnswer } from '../../lib/local/edge.ts';
import { bucketOrigin } from '../../lib/local/edge-http.ts';
import { nowhere } from '../../lib/local/state.ts';

const JWKS = '/.well-known/jwks.json';
const CACHE_CONTROL = 'public, max-age=300, stale-while-revalidate=60, stale-if-error=3600';

let now: number;
let asked: string[];
let fails: boolean;
let gate: Promise<void> | undefined;
let bucket: Bucket;
let edge: EdgeCache;

beforeEach(() => {
  now = 1_800_000_000;
  asked = [];
  fails = false;
  gate = undefined;
  bucket = new Bucket('documents', nowhere, () => now);
  const origin = bucketOrigin(bucket);
  edge = new EdgeCache({
    now: () => now,
    origin: async (path, etag) => {
      asked.push(etag === undefined ? path : `${path} ${etag === bucket.objects('')[0]?.etag ? 'same' : 'old'}`);
      const answer = await origin(path, etag);
      await gate;
      if (fails) throw new Error('unreachable');
      return answer;
    },
  });
});

const publish = (body: string, cacheControl = CACHE_CONTROL, path = JWKS) =>
  bucket.put(`public${path}`, Buffer.from(body), { 'content-type': 'application/json', 'cache-control': cacheControl });

async function look(path = JWKS, method = 'GET', headers = {}): Promise<{ seen: string; answer: OriginAnswer }> {
  const answer = await edge.handle({ method, path, headers });
  const { age, 'x-cache': cache } = answer.headers;
  return {
    seen: `${answer.status} ${Buffer.from(answer.body)} ${cache?.split(' ')[0]}${age === undefined ? '' : ` ${age}`}`,
    answer,
  };
}
const seen = async (path?: string) => (await look(path)).seen;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a fresh copy is served to its last second without asking the origin', async () => {
  publish('1');
  expect(await seen()).toBe('200 1 Miss');
  publish('2');
  now += 299;
  expect(await seen()).toBe('200 1 Hit 299');
  expect(asked).toEqual([JWKS]);
});

test('query, cookies and headers make no other object', async () => {
  publish('1');
  await seen();
  publish('2');
  expect(await seen(`${JWKS}?v=2`)).toBe('200 1 Hit 0');
  expect((await look(JWKS, 'GET', { cookie: 'a=b', accept: 'text/html' })).seen).toBe('200 1 Hit 0');
});

test('stale-while-revalidate answers at once and fetches behind', async () => {
  publish('1');
  await seen();
  publish('2');
  now += 300;
  expect(await seen()).toBe('200 1 Hit 300');
  await settled();
  expect(await seen()).toBe('200 2 Hit 0');
});

test('past stale-while-revalidate the viewer waits for the origin', async () => {
  publish('1');
  await seen();
  now += 360;
  expect(await seen()).toBe('200 1 RefreshHit 0');
  publish('2');
  now += 360;
  expect(await seen()).toBe('200 2 Miss');
  expect(asked).toEqual([JWKS, `${JWKS} same`, `${JWKS} old`]);
});

describe('while the origin fails', () => {
  test('stale-if-error serves the old copy to its last second, then the error', async () => {
    publish('1');
    await seen();
    edge.originFails = true;
    now += 300 + 3599;
    expect(await seen()).toBe('200 1 RefreshHit 3899');
    now += 1;
    expect((await look()).answer.status).toBe(502);
  });

  test('without stale-if-error the old copy is served for as long as it takes', async () => {
    publish('1', 'max-age=300');
    await seen();
    edge.originFails = true;
    now += 1_000_000;
    expect(await seen()).toBe('200 1 RefreshHit 1000000');
  });

  test('the origin is asked again only after ten seconds', async () => {
    publish('1', 'max-age=1, stale-if-error=3600');
    await seen();
    fails = true;
    now += 1;
    await seen();
    now += 9;
    expect(await seen()).toBe('200 1 Hit 10');
    expect(asked).toHaveLength(2);
    fails = false;
    publish('2');
    now += 1;
    expect(await seen()).toBe('200 2 Miss');
  });
});

describe('errors', () => {
  test('what is not there is forbidden, for ten seconds', async () => {
    expect((await look()).answer).toMatchObject({ status: 403, headers: { 'x-cache': 'Error from cloudfront' } });
    publish('1');
    now += 9;
    expect((await look()).answer.status).toBe(403);
    now += 1;
    expect(await seen()).toBe('200 1 Miss');
  });

  test('a shorter time can be configured', async () => {
    edge = new EdgeCache({ now: () => now, origin: bucketOrigin(bucket), errorSeconds: 1 });
    await look();
    publish('1');
    now += 1;
    expect(await seen()).toBe('200 1 Miss');
  });

  test('an object that was deleted is not served from an expired copy', async () => {
    publish('1', 'max-age=1, stale-if-error=3600');
    await seen();
    bucket.delete(`public${JWKS}`);
    now += 1;
    expect((await look()).answer.status).toBe(403);
  });

  test('nothing outside public/ can be reached', async () => {
    bucket.put('private', Buffer.from('x'), {});
    for (const path of ['/../private', '/%2e%2e/private', '/..%2fprivate', '/%']) {
      expect((await look(path)).answer.status).toBe(403);
    }
  });
});

describe('what is not kept', () => {
  test.for(['no-store', 'private, max-age=300'])('%s', async (cacheControl) => {
    publish('1', cacheControl);
    await seen();
    publish('2', cacheControl);
    expect(await seen()).toBe('200 2 Miss');
  });
  test('no-cache is kept and asked about', async () => {
    publish('1', 'no-cache');
    await seen();
    expect(await seen()).toBe('200 1 RefreshHit 0');
  });
  test('s-maxage goes before max-age', async () => {
    publish('1', 'max-age=300, s-maxage=10');
    await seen();
    now += 10;
    expect(await seen()).toBe('200 1 RefreshHit 0');
  });
});

describe('invalidation', () => {
  beforeEach(async () => {
    for (const path of [JWKS, '/.well-known/openid-configuration', '/index.html']) {
      publish('1', CACHE_CONTROL, path);
      await seen(path);
      publish('2', CACHE_CONTROL, path);
    }
  });
  test('by path', async () => {
    edge.invalidate([JWKS]);
    expect(await seen()).toBe('200 2 Miss');
    expect(await seen('/index.html')).toBe('200 1 Hit 0');
  });
  test('by prefix', async () => {
    edge.invalidate(['/.well-known/*']);
    expect(await seen()).toBe('200 2 Miss');
    expect(await seen('/.well-known/openid-configuration')).toBe('200 2 Miss');
    expect(await seen('/')).toBe('200 1 Hit 0');
  });
  test('of the root', async () => {
    edge.invalidate(['/']);
    expect(await seen('/')).toBe('200 2 Miss');
  });
  test('a fetch that began before it does not bring the old copy back', async () => {
    edge.invalidate(['/*']);
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const slow = seen();
    await settled();
    publish('3');
    edge.invalidate([JWKS]);
    gate = undefined;
    // Who asks after the invalidation does not join those who wait for the old copy.
    expect(await seen()).toBe('200 3 Miss');
    resolve();
    expect(await slow).toBe('200 2 Miss');
    expect(await seen()).toBe('200 3 Hit 0');
  });
  test('does not reach a frozen edge, whose copies stay', async () => {
    edge.frozen = true;
    edge.invalidate(['/*']);
    now += 1_000_000;
    expect(await seen()).toBe('200 1 Hit 1000000');
    edge.frozen = false;
    expect(await seen()).toBe('200 2 Miss');
  });
});

test('viewers who wait for the same object make one request', async () => {
  publish('1');
  await Promise.all([seen(), seen(), seen()]);
  expect(asked).toHaveLength(1);
});

test('headers are those of the distribution', async () => {
  const { etag } = publish('12345');
  const { answer } = await look();
  expect(answer.headers).toMatchObject({
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
    'strict-transport-security': 'max-age=31536000',
    'cache-control': CACHE_CONTROL,
    'content-type': 'application/json',
    'content-length': '5',
    etag,
  });
  const head = (await look(JWKS, 'HEAD')).answer;
  expect(head).toMatchObject({ status: 200, body: new Uint8Array(), headers: { 'content-length': '5' } });
  const unchanged = (await look(JWKS, 'GET', { 'if-none-match': `"0", W/${etag}` })).answer;
  expect(unchanged).toMatchObject({ status: 304, body: new Uint8Array(), headers: { etag } });
  expect((await look(JWKS, 'GET', { 'if-none-match': '"0"' })).answer.status).toBe(200);
});

test('only GET, HEAD and OPTIONS are allowed', async () => {
  expect((await look(JWKS, 'POST')).answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, OPTIONS' } });
  expect((await look(JWKS, 'OPTIONS')).answer).toMatchObject({
    status: 204,
    headers: { 'access-control-allow-origin': '*' },
  });
});
