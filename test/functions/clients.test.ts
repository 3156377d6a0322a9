/** Clients on the shipped bundle: each one's alias and URL, and no other way in. */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lambda } from '../../lib/local/lambda.ts';
import { type Answer, type Issuer, type Problem, startSigning } from './issuer.ts';
import { verifyWithJose } from './verifying.ts';

const clients = {
  orders: {
    audiences: ['orders-api'],
    scopes: ['orders:read'],
    claims: ['tenant_id'],
    maxLifetime: '5m',
    role: 'arn:aws:iam::111122223333:role/orders',
  },
  billing: { audiences: ['billing-api'], subject: 'svc:billing', fixedClaims: { env: 'test' } },
};
let issuer: Issuer;
beforeAll(async () => {
  issuer = await startSigning({ config: { clients } });
});
afterAll(() => issuer.close());

const post = (client: string, body: object) =>
  fetch(`${issuer.url}/sign/${client}`, { method: 'POST', body: JSON.stringify(body) });
const invoke = async (alias: string, event: unknown) => JSON.parse((await issuer.invoke(alias, event)).payload);

test('a token of a client names it, in the claims and in the log', async () => {
  const answer = (await (
    await post('orders', { audience: 'orders-api', type: 'at+jwt', claims: { sub: 'u' } })
  ).json()) as Answer;
  expect(decodeProtectedHeader(answer.token).typ).toBe('at+jwt');
  expect(decodeJwt(answer.token)).toMatchObject({ client_id: 'orders', sub: 'u', aud: 'orders-api' });
  expect(answer.expiresAt - answer.issuedAt).toBe(300);
  await verifyWithJose(issuer, answer.token, 'RS256');
  const lines = issuer.lines.map(({ line }) => JSON.parse(line) as { jti?: string; client?: string });
  expect(lines.find(({ jti }) => jti === answer.jti)?.client).toBe('orders');
});

test('by direct Invoke it is the alias that decides, whatever the event says', async () => {
  const forged = {
    audience: 'billing-api',
    claims: {},
    requestContext: { authorizer: { iam: { userArn: 'arn:aws:iam::1:role/billing' } }, clientId: 'billing' },
  };
  expect(await invoke('sign:orders', { audience: 'billing-api', claims: { sub: 'svc:billing' } })).toMatchObject({
    errorType: 'audience_not_allowed',
    errorMessage: 'client orders may ask for audience orders-api, got another',
  });
  expect((await invoke('sign:orders', forged)).errorType).toBe('unknown_member');
  const { token } = await invoke('sign:billing', { audience: 'billing-api' });
  expect(decodeJwt(token)).toMatchObject({ client_id: 'billing', sub: 'svc:billing', env: 'test' });
});

test('neither the bare function nor the alias any is a way in', async () => {
  const request = { audience: 'orders-api', claims: { sub: 'u' } };
  expect(await invoke('sign', request)).toMatchObject({
    errorType: 'client_unknown',
    errorMessage: 'the function must be invoked through the alias of a client, got none',
  });
  await expect(issuer.invoke('sign:any', request)).rejects.toThrow('Function not found');
  expect((await post('any', request)).status).not.toBe(200);
});

test('no refusal costs a call to AWS', async () => {
  await post('billing', { audience: 'billing-api' });
  issuer.calls.length = 0;
  const response = await post('billing', { audience: 'billing-api', scope: 'orders:read' });
  expect(response.status).toBe(403);
  expect((await response.json()) as Problem).toMatchObject({ code: 'scope_not_allowed', pointer: '/scope' });
  expect(issuer.calls).toEqual([]);
});

test.each([
  [
    '/nowhere/clients.json',
    'environment_invalid: KEYTURN_CLIENTS must name a file of rules, got /nowhere/clients.json',
  ],
  ['index.js', 'environment_invalid: KEYTURN_CLIENTS must name a file of rules, got index.js'],
])('a function that cannot read its rules in %s does not start', async (file, sentence) => {
  const bundle = new URL('../../dist/functions/sign/index.js', import.meta.url).pathname;
  const policy = {
    issuer: 'http://localhost:1',
    tokenLifetime: '1m',
    maxTokenLifetime: '1m',
    signerCache: '1s',
    signingLatency: '1s',
  };
  const environment = { KEYTURN_POLICY: JSON.stringify(policy), KEYTURN_TABLE: 't', KEYTURN_CLIENTS: file };
  const lambda = new Lambda(
    [{ name: 'sign', bundle, environment, aliases: ['any'] }],
    'http://127.0.0.1:1',
    () => undefined,
  );
  try {
    const { errorType, errorMessage } = JSON.parse((await lambda.invoke('sign:any', '{}')).payload);
    expect(`${errorType}: ${errorMessage}`).toBe(sentence);
  } finally {
    lambda.close();
  }
});
