import { connect } from 'node:net';
import { JwtVerifier } from 'aws-jwt-verify';
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, type JWTVerifyOptions, jwtVerify } from 'jose';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ALGORITHM_NAMES } from '../../../lib/core/algorithms.ts';
import { tokenClient } from '../../../lib/sdk/client/index.ts';
import { startTestIssuer, type TestIssuer, type TestIssuerOptions } from '../../../lib/sdk/testing/index.ts';

const REQUEST = { audience: 'orders-api', claims: { sub: 'svc:checkout' } };
const started: TestIssuer[] = [];
afterEach(async () => {
  for (const issuer of started.splice(0)) await issuer.close();
});
async function start(options?: TestIssuerOptions): Promise<TestIssuer> {
  const issuer = await startTestIssuer(options ?? { algorithm: 'ES256' });
  started.push(issuer);
  return issuer;
}
const verify = (issuer: TestIssuer, token: string, options: JWTVerifyOptions = {}) =>
  jwtVerify(token, createRemoteJWKSet(new URL(issuer.jwksUrl)), {
    issuer: issuer.issuer,
    audience: 'orders-api',
    ...options,
  });

describe('a token', () => {
  test.each(ALGORITHM_NAMES)('of %s verifies over HTTP', async (algorithm) => {
    const issuer = await start({ algorithm });
    const { token, kid } = await issuer.mint(REQUEST);
    expect(decodeProtectedHeader(token)).toEqual({ alg: algorithm, kid, typ: 'JWT' });
    expect((await verify(issuer, token, { algorithms: [algorithm] })).payload.sub).toBe('svc:checkout');
  });

  test('has the members and the order of a real one', async () => {
    const issuer = await start();
    const { token } = await issuer.mint({ ...REQUEST, scope: 'orders:read' });
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(Object.keys(claims)).toEqual(['iss', 'sub', 'aud', 'iat', 'exp', 'jti', 'scope']);
  });

  test('that production would refuse is refused in the same words', async () => {
    const issuer = await start();
    await expect(issuer.mint({ audience: 'orders-api', claims: { sub: 'x', iss: 'me' } })).rejects.toMatchObject({
      code: 'reserved_claim',
      message: 'claims must not hold iss: the issuer sets it',
    });
    await expect(issuer.mint({ audience: 'x', claims: { sub: 'x', note: 'x'.repeat(4096) } })).rejects.toMatchObject({
      code: 'token_too_large',
    });
  });

  test('can be one that no issuer would make', async () => {
    const issuer = await start();
    const expired = await issuer.mint(REQUEST, { payload: { exp: 1 } });
    await expect(verify(issuer, expired.token)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
    const stranger = await issuer.mint(REQUEST, { payload: { iss: 'https://evil.example' } });
    await expect(verify(issuer, stranger.token)).rejects.toMatchObject({ claim: 'iss' });
    const unknown = await issuer.mint(REQUEST, { header: { kid: 'nobody' } });
    await expect(verify(issuer, unknown.token)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  test('is of the time that the test says', async () => {
    const issuer = await start({ algorithm: 'ES256', now: () => 1_800_000_000_000 });
    const { token, issuedAt } = await issuer.mint(REQUEST);
    expect(issuedAt).toBe(1_800_000_000);
    expect((await verify(issuer, token, { currentDate: new Date(1_800_000_100_000) })).payload.iat).toBe(issuedAt);
  });
});

describe('its keys', () => {
  test('rotate with a standby that was published before', async () => {
    const issuer = await start();
    const before = await issuer.mint(REQUEST);
    const [, standby] = issuer.jwks().keys;
    expect(await issuer.rotate()).toBe(standby?.kid);
    for (const { token } of [before, await issuer.mint(REQUEST)]) await verify(issuer, token);
    expect(issuer.jwks().keys).toHaveLength(3);
  });

  test('burn: the key is gone, and the one that signs was never seen', async () => {
    const issuer = await start();
    const before = await issuer.mint(REQUEST);
    const seen = issuer.jwks().keys.map(({ kid }) => kid);
    const fresh = await issuer.burn();
    expect(seen).not.toContain(fresh);
    await expect(verify(issuer, before.token)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    const after = await issuer.mint(REQUEST);
    expect(after.kid).toBe(fresh);
    await verify(issuer, after.token);
    expect(issuer.jwks().keys.map(({ kid }) => kid)).not.toContain(before.kid);
    await issuer.burn();
    await verify(issuer, (await issuer.mint(REQUEST)).token);
  });
});

describe('over time', () => {
  const DAY = 86_400_000;

  test('a key stays for the grace that production has, and not longer', async () => {
    let now = 1_800_000_000_000;
    const issuer = await start({ algorithm: 'ES256', now: () => now });
    const former = issuer.kid;
    await issuer.rotate();
    const published = () => issuer.jwks().keys.map(({ kid }) => kid);
    now += 9.9 * DAY;
    expect(published()).toContain(former);
    now += 0.2 * DAY;
    expect(published()).not.toContain(former);
    expect(published()).toHaveLength(2);
  });

  test('however many rotations, the JWKS is as small as that of production', async () => {
    let now = 1_800_000_000_000;
    const issuer = await start({ algorithm: 'ES256', now: () => now });
    for (let count = 0; count < 12; count++) {
      await issuer.rotate();
      now += 30 * DAY;
    }
    expect(issuer.jwks().keys).toHaveLength(2);
    const { token } = await issuer.mint(REQUEST);
    await verify(issuer, token, { currentDate: new Date(now) });
  });
});

describe('what its server is sent', () => {
  test('by a client that goes away in the middle is none of the test’s troubles', async () => {
    const issuer = await start();
    const fault = vi.fn();
    process.on('unhandledRejection', fault);
    const socket = connect(Number(new URL(issuer.url).port), '127.0.0.1');
    socket.write('POST /sign HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"a"');
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 30));
    process.off('unhandledRejection', fault);
    expect(fault).not.toHaveBeenCalled();
    expect((await fetch(issuer.jwksUrl)).status).toBe(200);
  });

  test('and what it cannot answer is 500, with the reason', async () => {
    let isBroken = false;
    const now = () => {
      if (isBroken) throw new Error('this clock is broken');
      return Date.now();
    };
    const issuer = await start({ algorithm: 'ES256', now });
    isBroken = true;
    const response = await fetch(`${issuer.url}/sign`, { method: 'POST', body: JSON.stringify(REQUEST) });
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('this clock is broken');
  });

  test.each(['GET', 'PUT', 'HEAD'])('is no token’s by %s', async (method) => {
    const issuer = await start();
    for (const path of ['/sign', '/sign/checkout']) {
      const response = await fetch(`${issuer.url}${path}`, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST');
      if (method !== 'HEAD') expect(await response.json()).toMatchObject({ code: 'method_not_allowed', status: 405 });
    }
  });

  test('may end with a slash, as a function URL does', async () => {
    const clients = { orders: { audiences: ['orders-api'], subject: 'svc:orders' } };
    const issuer = await start({ algorithm: 'ES256', clients });
    await tokenClient({ url: `${issuer.url}/sign/orders/` }).get({ audience: 'orders-api' });
    const open = await start();
    await tokenClient({ url: `${open.url}/sign/` }).get(REQUEST);
  });
});

test('it is closed at the end of its block', async () => {
  const issuer = await start();
  await issuer[Symbol.asyncDispose]();
  await expect(fetch(issuer.jwksUrl)).rejects.toThrow('fetch failed');
});

test('it serves discovery, and is the issuer that it says', async () => {
  const issuer = await start();
  const response = await fetch(`${issuer.issuer}/.well-known/openid-configuration`);
  expect(response.headers.get('cache-control')).toMatch(/^public, max-age=300/);
  expect(await response.json()).toMatchObject({ issuer: issuer.issuer, jwks_uri: issuer.jwksUrl });
  expect((await fetch(`${issuer.url}/elsewhere`)).status).toBe(404);
});

test('it can have the name of production, for code that fetches through a function', async () => {
  const issuer = await start({ algorithm: 'ES256', issuer: 'https://auth.example.com/blue' });
  const { token } = await issuer.mint(REQUEST);
  const url = new URL('https://auth.example.com/blue/.well-known/jwks.json');
  const keys = createRemoteJWKSet(url, { [customFetch]: issuer.fetch });
  await jwtVerify(token, keys, { issuer: 'https://auth.example.com/blue' });
  // And for code that takes the keys as they are.
  const verifier = JwtVerifier.create({ issuer: issuer.issuer, audience: 'orders-api', jwksUri: url.href });
  verifier.cacheJwks(issuer.jwks() as never);
  expect((await verifier.verify(token)).sub).toBe('svc:checkout');
});

test('the token client asks it as it asks a deployed one', async () => {
  const issuer = await start();
  const client = tokenClient({ url: `${issuer.url}/sign` });
  await verify(issuer, (await client.get(REQUEST)).token);
  await expect(client.get({ audience: 'a' })).rejects.toMatchObject({
    code: 'missing_member',
    pointer: '/claims',
    status: 400,
  });
});

test('its clients have the rules that they will have', async () => {
  const clients = { orders: { audiences: ['orders-api'], subject: 'svc:orders' } };
  const issuer = await start({ algorithm: 'ES256', clients });
  const orders = tokenClient({ url: `${issuer.url}/sign/orders` });
  const { token } = await orders.get({ audience: 'orders-api', type: 'at+jwt' });
  expect((await verify(issuer, token, { typ: 'at+jwt' })).payload).toMatchObject({
    client_id: 'orders',
    sub: 'svc:orders',
  });
  await expect(orders.get({ audience: 'billing-api' })).rejects.toMatchObject({
    code: 'audience_not_allowed',
    status: 403,
  });
  for (const path of ['/sign', '/sign/billing']) {
    await expect(tokenClient({ url: `${issuer.url}${path}` }).get(REQUEST)).rejects.toMatchObject({
      code: 'client_unknown',
    });
  }
  await expect(startTestIssuer({ clients: { any: clients.orders } })).rejects.toMatchObject({ code: 'policy_invalid' });
});
