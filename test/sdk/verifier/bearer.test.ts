/** RFC 6750: where the token stands, what is answered without it, and scopes. */
import { describe, expect, test } from 'vitest';
import type { VERIFICATION_CODES } from '../../../lib/sdk/verifier/errors.ts';
import {
  authenticate,
  bearerToken,
  challenge,
  expressMiddleware,
  fetchMiddleware,
  requireScopes,
  scopesOf,
  VerificationError,
} from '../../../lib/sdk/verifier/index.ts';
import { testKey } from './forge.ts';
import { verdict, World } from './world.ts';

const KEY = testKey('ES256', 'ec');
const world = new World();
world.publish(KEY);
const verifier = world.verifier();
const READ = world.token(KEY, { scope: 'orders:read orders:list' });

describe('bearerToken', () => {
  test.each(['Bearer abc', 'bearer abc', 'BEARER abc', 'Bearer   abc', 'Bearer abc '])('%j has abc', (header) => {
    expect(bearerToken(header)).toBe('abc');
  });

  test.each<[string | null | undefined, string]>([
    [undefined, 'token_missing'],
    [null, 'token_missing'],
    ['', 'token_missing'],
    ['abc', 'token_missing'],
    ['Basic abc', 'token_missing'],
    ['DPoP abc', 'token_missing'],
    ['Bearerabc', 'token_missing'],
    ['Bearer', 'request_malformed'],
    ['Bearer ', 'request_malformed'],
    ['Bearer a b', 'request_malformed'],
    ['Bearer a, Bearer b', 'request_malformed'],
    ['Bearer a,b', 'request_malformed'],
    ['Bearer "abc"', 'request_malformed'],
    ['Bearer a\tb', 'request_malformed'],
    ['Bearer a\r\nX: y', 'request_malformed'],
    ['Bearer =', 'request_malformed'],
  ])('%j: %s', async (header, code) => {
    expect(await verdict((async () => bearerToken(header))())).toBe(code);
  });
});

describe('scopes', () => {
  test.each<[string | undefined, string[], boolean]>([
    ['a b', ['a'], true],
    ['a b', ['b', 'a'], true],
    ['a b', [], true],
    [undefined, [], true],
    [undefined, ['a'], false],
    ['', ['a'], false],
    ['a b', ['a', 'c'], false],
    ['ab', ['a'], false],
    ['a:b', ['a'], false],
    ['A', ['a'], false],
    ['a b', ['a b'], false],
    ['a', [''], false],
    ['a\tb', ['a'], false],
  ])('%j has %j: %s', async (scope, wanted, expected) => {
    const claims = scope === undefined ? {} : { scope };
    const outcome = await verdict((async () => requireScopes(claims, ...wanted))());
    expect(outcome).toBe(expected ? 'accepted' : 'scope_insufficient');
  });

  test('that are not there are told from those that are not enough', () => {
    const reason = (claims: { scope?: string }) => {
      try {
        return requireScopes(claims, 'a');
      } catch (error) {
        return (error as VerificationError).reason;
      }
    };
    expect([reason({}), reason({ scope: 'b' }), reason({ scope: 'a' })]).toEqual(['missing', 'rejected', undefined]);
  });

  test('are names with spaces between', () => {
    expect([...scopesOf({ scope: ' a  b a' })]).toEqual(['a', 'b']);
    expect([...scopesOf({})]).toEqual([]);
  });
});

describe('authenticate', () => {
  test('answers with the claims', async () => {
    const claims = await authenticate(verifier, `Bearer ${READ}`, { scopes: ['orders:read'] });
    expect(claims.sub).toBe('svc:checkout');
  });

  test.each<[string, string | undefined, object, string]>([
    ['no header', undefined, {}, 'token_missing'],
    ['a scope that it has not', `Bearer ${READ}`, { scopes: ['orders:write'] }, 'scope_insufficient'],
    ['nonsense', 'Bearer nonsense', {}, 'token_malformed'],
    [
      'a token that is bound to a key (RFC 9449), shown as if it were not',
      `Bearer ${world.token(KEY, { cnf: { jkt: 'x' } })}`,
      {},
      'token_bound',
    ],
  ])('refuses %s', async (_, header, options, code) => {
    expect(await verdict(authenticate(verifier, header, options))).toBe(code);
  });
});

const guards: [string, (options: object) => Promise<unknown>][] = [
  ['authenticate', (options) => authenticate(verifier, `Bearer ${READ}`, options)],
  ['fetchMiddleware', async (options) => fetchMiddleware(verifier, options)],
  ['expressMiddleware', async (options) => expressMiddleware(verifier, options)],
];
describe.each(guards)('%s', (_, guard) => {
  test.each<[object, string]>([
    [{ scope: ['admin'] }, 'scope is not an option here; there are scopes, realm'],
    [{ requiredScopes: ['admin'] }, 'requiredScopes is not an option here'],
    [{ scopes: 'admin' }, 'scopes must be an array of at least one string'],
    [{ scopes: [] }, 'scopes must be an array of at least one string'],
    [{ scopes: undefined }, 'scopes must be an array of at least one string'],
    [{ scopes: ['a b'] }, 'scopes must be names of one word each, got "a b"'],
    [{ scopes: ['a', 'b"'] }, 'scopes must be names of one word each'],
    [{ scopes: ['a\\b'] }, 'scopes must be names of one word each'],
    [{ scopes: ['ä'] }, 'scopes must be names of one word each'],
    [{ realm: undefined }, 'realm must be a string'],
  ])('refuses the options %j', async (options, message) => {
    await expect(guard(options)).rejects.toThrow(TypeError);
    await expect(guard(options)).rejects.toThrow(message);
  });

  test('takes every name that RFC 6749 has', async () => {
    const names = ['!', '#[', ']~', 'urn:x:read', 'https://a.example/b?c=d'];
    expect(['accepted', 'scope_insufficient']).toContain(await verdict(guard({ scopes: names, realm: '' })));
  });
});

const error = (code: keyof typeof VERIFICATION_CODES) => new VerificationError(code, 'it "must" be \\ so\u2014\n');

describe('WWW-Authenticate', () => {
  test.each<[keyof typeof VERIFICATION_CODES, string | undefined]>([
    ['token_missing', 'Bearer realm="orders", scope="a b"'],
    [
      'request_malformed',
      'Bearer realm="orders", error="invalid_request", error_description="it must be  so", scope="a b"',
    ],
    ['token_expired', 'Bearer realm="orders", error="invalid_token", error_description="it must be  so", scope="a b"'],
    [
      'scope_insufficient',
      'Bearer realm="orders", error="insufficient_scope", error_description="it must be  so", scope="a b"',
    ],
    ['keys_unavailable', undefined],
    ['revocation_unavailable', undefined],
  ])('%s', (code, expected) => {
    expect(challenge(error(code), { realm: 'orders', scopes: ['a', 'b'] })).toBe(expected);
  });

  test('there is always a parameter (RFC 6750 §3)', () => {
    expect(challenge(error('token_missing'))).toBe('Bearer realm="api"');
    expect(challenge(error('token_missing'), { scopes: ['a'] })).toBe('Bearer scope="a"');
    expect(challenge(error('token_expired'))).toBe('Bearer error="invalid_token", error_description="it must be  so"');
  });
});

describe('fetchMiddleware', () => {
  const guard = fetchMiddleware(verifier, { scopes: ['orders:read'], realm: 'orders' });
  const handler = guard((request, claims, env: { name: string }) =>
    Response.json({ sub: claims.sub, method: request.method, env }),
  );
  const ask = (authorization?: string) =>
    handler(new Request('https://api.example.com/orders', { headers: authorization ? { authorization } : {} }), {
      name: 'env',
    });

  test('calls the handler with the claims and with what else the runtime gives', async () => {
    const response = await ask(`Bearer ${READ}`);
    expect(await response.json()).toEqual({ sub: 'svc:checkout', method: 'GET', env: { name: 'env' } });
  });

  test.each<[string, string | undefined, number, string, string | null]>([
    ['no token', undefined, 401, 'token_missing', 'Bearer realm="orders", scope="orders:read"'],
    ['two tokens', `Bearer ${READ}, Bearer ${READ}`, 400, 'request_malformed', 'error="invalid_request"'],
    ['a bad token', `Bearer ${READ}x`, 401, 'token_malformed', 'error="invalid_token"'],
    ['too little scope', `Bearer ${world.token(KEY)}`, 403, 'scope_insufficient', 'scope="orders:read"'],
  ])('answers %s', async (_, authorization, status, code, authenticates) => {
    const response = await ask(authorization);
    expect(response.status).toBe(status);
    expect(response.headers.get('www-authenticate')).toContain(authenticates);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({ type: `urn:keyturn:error:${code}`, status, code });
  });

  test('says 503 where the keys cannot be had, and no challenge', async () => {
    const down = new World();
    down.fail();
    const response = await fetchMiddleware(down.verifier())(() => new Response('never'))(
      new Request('https://api.example.com', { headers: { authorization: `Bearer ${READ}` } }),
    );
    expect(response.status).toBe(503);
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(response.headers.get('retry-after')).toBe('5');
  });

  test('passes on what is not a refusal', async () => {
    const broken = { verify: () => Promise.reject(new RangeError('a bug')), hydrate: async () => undefined };
    const response = fetchMiddleware(broken)(() => new Response('never'))(
      new Request('https://api.example.com', { headers: { authorization: 'Bearer a' } }),
    );
    await expect(response).rejects.toThrow(RangeError);
    const failing = guard(() => {
      throw new VerificationError('token_expired', 'of the handler, not ours');
    });
    const request = new Request('https://api.example.com', { headers: { authorization: `Bearer ${READ}` } });
    await expect(failing(request)).rejects.toThrow('of the handler');
  });
});
