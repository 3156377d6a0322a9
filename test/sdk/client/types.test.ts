/** What `npm run typecheck` has to take as a strict service writes it, with exactOptionalPropertyTypes. */
import { expect, test } from 'vitest';
import { type GetOptions, type TokenRequest, type TokenSource, tokenClient } from '../../../lib/sdk/client/index.ts';
import { startTestIssuer } from '../../../lib/sdk/testing/index.ts';

test('what may be undefined is left out', async () => {
  const { NO_SUCH_VARIABLE: nothing } = process.env;
  const options: GetOptions = { signal: undefined, timeoutMs: undefined };
  const request: TokenRequest = { audience: 'orders-api', scope: nothing, claims: { sub: 'svc:checkout' } };
  const issuer = await startTestIssuer({ algorithm: 'ES256', issuer: nothing, clients: undefined, now: undefined });
  const client: TokenSource = tokenClient({
    url: `${issuer.url}/sign`,
    functionName: nothing,
    region: nothing,
    timeoutMs: undefined,
  });
  expect((await client.get(request, options)).kid).toBe(issuer.kid);
  await issuer.close();
});

test('claims may have a type of the service’s own', () => {
  interface Tenant {
    readonly sub: string;
    readonly tenant_id: string;
  }
  const claims: Tenant = { sub: 'svc:checkout', tenant_id: 'acme' };
  const request: TokenRequest = { audience: 'orders-api', claims };
  expect(request.claims).toBe(claims);
});

test('a double stands in for the client', async () => {
  const issued = { token: 't', kid: 'k', algorithm: 'RS256', jti: 'j', issuedAt: 0, expiresAt: 1 };
  const double: TokenSource = { get: async () => issued, drop: () => undefined, fetch: () => fetch };
  const service = (tokens: TokenSource) => tokens.get({ audience: 'orders-api' });
  expect((await service(double)).token).toBe('t');
});
