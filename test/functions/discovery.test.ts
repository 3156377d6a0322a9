import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { type Issuer, startSigning } from './issuer.ts';

let stack: Issuer | undefined;
afterEach(() => stack?.close());

test.for([
  ['https://id.example', '', '/.well-known/oauth-authorization-server'],
  ['https://x.example/tenant/a', '/tenant/a', '/.well-known/oauth-authorization-server/tenant/a'],
] as const)('%s has its documents where verifiers look', async ([issuer, path, oauthPath]) => {
  stack = await startSigning({ config: { issuer } });
  const { url, policy, sign } = stack;
  const origin = new URL(policy.issuer).origin;
  expect(policy.issuer).toBe(`${origin}${path}`);
  expect(new URL(url).port).toBe(new URL(origin).port);

  // OpenID Connect Discovery 1.0 §4, RFC 8414 §3.1.
  for (const at of [`${path}/.well-known/openid-configuration`, oauthPath]) {
    const response = await fetch(`${origin}${at}`);
    expect(response.status, at).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe(
      'public, max-age=300, stale-while-revalidate=60, stale-if-error=3600',
    );
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toEqual({
      issuer: policy.issuer,
      jwks_uri: `${origin}${path}/.well-known/jwks.json`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      documentVersion: 2,
    });
  }

  const keys = createRemoteJWKSet(new URL(`${origin}${path}/.well-known/jwks.json`));
  const { token } = await sign();
  const { payload } = await jwtVerify(token, keys, { issuer: policy.issuer, audience: 'orders-api' });
  expect(payload.iss).toBe(policy.issuer);
});
