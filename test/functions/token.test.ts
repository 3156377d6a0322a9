import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import {
  calculateJwkThumbprint,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lambda } from '../../lib/local/lambda.ts';
import { type Answer, type Issuer, type Problem, REQUEST, startSigning } from './issuer.ts';

let issuer: Issuer;
let jwksUrl: string;
beforeAll(async () => {
  issuer = await startSigning();
  jwksUrl = `${issuer.policy.issuer}/.well-known/jwks.json`;
});
afterAll(() => issuer?.close());

const REQUESTED = {
  audience: ['orders-api', 'https://billing.example'],
  scope: 'orders:read orders:write',
  expiresIn: 300,
  type: 'JWT',
  claims: { sub: 'svc:checkout', tenant_id: 'acme', roles: ['a', 'b'], deep: { n: 1.5, none: null } },
};
const MEMBERS = ['algorithm', 'expiresAt', 'issuedAt', 'jti', 'kid', 'token'];
const jwks = async (): Promise<JSONWebKeySet> => (await (await fetch(jwksUrl)).json()) as JSONWebKeySet;
const verify = (token: string) =>
  jwtVerify(token, createRemoteJWKSet(new URL(jwksUrl)), {
    issuer: issuer.policy.issuer,
    audience: 'orders-api',
    algorithms: ['RS256'],
    typ: 'JWT',
  });

/** A direct Invoke: what the handler answers, or what it throws. */
async function invoke(event: unknown, name = 'sign:any') {
  const { payload, functionError } = await issuer.invoke(name, event);
  const result = JSON.parse(payload);
  return functionError ? { error: result } : { answer: result };
}

/** The one key that may sign, and the other one. */
async function kids(): Promise<{ active: string; standby: string }> {
  const { kid: active } = await issuer.sign();
  const standby = (await jwks()).keys.map(({ kid }) => kid).find((kid) => kid !== active);
  return { active, standby: String(standby) };
}

describe('a token over HTTP', () => {
  let response: Response;
  let answer: Answer;
  beforeAll(async () => {
    response = await issuer.post(REQUESTED);
    answer = (await response.clone().json()) as Answer;
  });

  test('comes in the shape of the contract and is kept by no cache', () => {
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(Object.keys(answer).sort()).toEqual(MEMBERS);
    expect(answer.algorithm).toBe('RS256');
    expect(answer.expiresAt - answer.issuedAt).toBe(300);
    expect(Math.abs(answer.issuedAt - Date.now() / 1000)).toBeLessThan(10);
  });

  test('verifies with jose, and holds exactly what was asked for and what the issuer sets', async () => {
    const { payload } = await verify(answer.token);
    expect(payload).toEqual({
      ...REQUESTED.claims,
      iss: issuer.policy.issuer,
      aud: REQUESTED.audience,
      scope: REQUESTED.scope,
      jti: answer.jti,
      iat: answer.issuedAt,
      exp: answer.expiresAt,
    });
  });

  test('verifies with aws-jwt-verify', async () => {
    const fetcher = { fetch: async (uri: string) => (await fetch(uri)).arrayBuffer() };
    const verifier = JwtVerifier.create(
      { issuer: issuer.policy.issuer, audience: 'orders-api', jwksUri: jwksUrl, scope: 'orders:read' },
      { jwksCache: new SimpleJwksCache({ fetcher }) },
    );
    expect(await verifier.verify(answer.token)).toMatchObject({ sub: 'svc:checkout', jti: answer.jti });
  });

  test('has a header of alg, kid and typ, and its kid is the thumbprint of the key', async () => {
    expect(decodeProtectedHeader(answer.token)).toEqual({ alg: 'RS256', kid: answer.kid, typ: 'JWT' });
    const key = (await jwks()).keys.find(({ kid }) => kid === answer.kid);
    expect(key).toBeDefined();
    expect(await calculateJwkThumbprint(key ?? {})).toBe(answer.kid);
  });
});

test('a lifetime that is not asked for is the default of the policy', async () => {
  const { issuedAt, expiresAt } = await issuer.sign();
  expect(expiresAt - issuedAt).toBe(issuer.policy.tokenLifetime);
});

test('two equal requests have two ids', async () => {
  const [one, two] = await Promise.all([issuer.sign(), issuer.sign()]);
  expect(one.jti).not.toBe(two.jti);
});

test('the JWKS holds public members only', async () => {
  const { keys } = await jwks();
  expect(keys).toHaveLength(2);
  for (const key of keys) expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
});

describe('by direct Invoke', () => {
  test('the same request has the same answer', async () => {
    const { answer } = await invoke(REQUESTED);
    expect(Object.keys(answer).sort()).toEqual(MEMBERS);
    const { payload } = await verify(answer.token);
    expect(payload).toMatchObject({ ...REQUESTED.claims, aud: REQUESTED.audience, jti: answer.jti });
  });

  test.for([
    ['nothing', null, 'body_not_object'],
    ['an array', [], 'body_not_object'],
    ['no audience', { claims: REQUEST.claims }, 'missing_member'],
    ['a reserved claim', { ...REQUEST, claims: { sub: 's', exp: 1 } }, 'reserved_claim'],
    ['a lifetime over the maximum', { ...REQUEST, expiresIn: 3601 }, 'lifetime_too_long'],
  ] as const)('%s is a thrown error of the code', async ([, event, code]) => {
    const { error } = await invoke(event);
    expect(error.errorType).toBe(code);
    expect(error.errorMessage).not.toBe('');
  });

  test.for([['sign'], ['sign:$LATEST']] as const)('through %s nobody is known', async ([name]) => {
    expect((await invoke(REQUEST, name)).error).toMatchObject({ errorType: 'client_unknown' });
  });

  test('through an alias that no client has nobody is known', async () => {
    const environment = {
      KEYTURN_POLICY: JSON.stringify({
        issuer: issuer.policy.issuer,
        tokenLifetime: '15m',
        maxTokenLifetime: '1h',
        signerCache: '30s',
        signingLatency: '30s',
      }),
      KEYTURN_TABLE: 'keyturn',
    };
    const bundle = new URL('../../dist/functions/sign/index.js', import.meta.url).pathname;
    const other = new Lambda(
      [{ name: 'sign', bundle, environment, aliases: ['any', 'orders', 'ANY'] }],
      issuer.awsEndpointUrl,
      () => undefined,
    );
    try {
      for (const alias of ['orders', 'ANY']) {
        const { payload } = await other.invoke(`sign:${alias}`, JSON.stringify(REQUEST));
        expect(JSON.parse(payload)).toMatchObject({ errorType: 'client_unknown' });
      }
      const { functionError } = await other.invoke('sign:any', JSON.stringify(REQUEST));
      expect(functionError).toBeUndefined();
    } finally {
      other.close();
    }
  });

  test('who writes an HTTP event by hand gets the form of HTTP and no more', async () => {
    const event = { requestContext: { http: { method: 'POST' } }, body: JSON.stringify(REQUEST) };
    const { answer } = await invoke(event);
    expect(answer.statusCode).toBe(200);
    const refused = (await invoke(event, 'sign')).answer;
    expect(refused.statusCode).toBe(403);
    expect(JSON.parse(refused.body) as Problem).toMatchObject({ code: 'client_unknown', status: 403 });
  });
});

describe('through the alias canary', () => {
  test.for([
    ['nothing', null],
    ['a request', { ...REQUEST, type: 'JWT', claims: { sub: 'mallory', admin: true } }],
    ['an HTTP event', { requestContext: { http: { method: 'POST' } }, body: JSON.stringify(REQUEST) }],
    ['the claims of a canary', { iss: 'https://mallory.example', kid: 'x', typ: 'JWT', exp: 9_999_999_999 }],
  ] as const)('%s has the standby sign fixed claims of its own type', async ([, event]) => {
    const { active, standby } = await kids();
    const { answer } = await invoke(event, 'sign:canary');
    expect(Object.keys(answer).sort()).toEqual(['algorithm', 'kid', 'token']);
    expect(answer.kid).toBe(standby);
    expect(answer.kid).not.toBe(active);
    expect(decodeProtectedHeader(answer.token)).toEqual({ alg: 'RS256', kid: standby, typ: 'keyturn-canary+jwt' });
    const { iat, exp, ...claims } = decodeJwt(answer.token);
    expect(claims).toEqual({ iss: issuer.policy.issuer, sub: 'keyturn:canary', aud: 'keyturn:canary' });
    expect(Number(exp) - Number(iat)).toBe(60);
  });

  test('its token is none for a verifier that checks typ or audience', async () => {
    const { answer } = await invoke(null, 'sign:canary');
    await expect(verify(answer.token)).rejects.toThrow();
  });
});
