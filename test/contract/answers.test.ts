/** The shipped bundle answers within the contract. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWER, PROBLEMS, REFUSED, REQUESTS, refusalOf } from '../../bin/contract/examples.ts';
import { REQUEST_CODES } from '../../lib/core/errors.ts';
import type { Fault } from '../../lib/local/endpoint.ts';
import { startTestIssuer } from '../../lib/sdk/testing/index.ts';
import { type Issuer, startSigning } from '../functions/issuer.ts';
import { inOpenApi, isAnswer, isProblem, read } from './schemas.ts';

let issuer: Issuer;
beforeAll(async () => {
  const audiences = ['orders-api', 'billing-api'];
  const scopes = ['orders:read', 'orders:write'];
  const orders = { audiences, scopes, claims: ['tenant_id', 'limits'] };
  const fixed = { ...orders, subject: 'svc:checkout' };
  issuer = await startSigning({ config: { clients: { orders, fixed } } });
});
afterAll(() => issuer.close());

/** As the document says: a server's URL, and the path below it. */
const [, local] = (JSON.parse(read('openapi.json')) as { servers: { url: string }[] }).servers;
const address = (client: string) => `${local?.url.replace('http://localhost:4790', issuer.url)}/${client}/`;
const ask = (client: string, init: RequestInit) => fetch(address(client), init);
const post = (client: string, body: object | string) =>
  ask(client, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

test.each([
  ['what is needed', 'orders'],
  ['all of it', 'orders'],
  ['a client whose sub is fixed', 'fixed'],
] as const)('a token for the example of %s', async (name, client) => {
  const response = await post(client, REQUESTS[name]);
  const answer = await response.json();
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(isAnswer(answer), JSON.stringify([answer, isAnswer.errors])).toBe(true);
  expect(Object.keys(answer as object)).toEqual(Object.keys(ANSWER));
});

test.each(REFUSED.map((body) => [refusalOf(body), body] as const))(
  'the refusal %o is the example',
  async (example, body) => {
    const response = await post('orders', body);
    expect(response.status).toBe(example.status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toEqual(example);
  },
);

const fault = (name: string): Fault => ({ status: 400, code: name, message: 'told to' });
test.each([
  ['audience_not_allowed', { audience: 'other', claims: { sub: 'x' } }, undefined],
  ['throttled', REQUESTS['what is needed'], fault('ThrottlingException')],
  ['key_unusable', REQUESTS['what is needed'], fault('DisabledException')],
  ['kms_unavailable', REQUESTS['what is needed'], fault('AccessDeniedException')],
] as const)('%s is within the schema of its status', async (code, request, kms) => {
  issuer.before = ({ operation }) => (operation === 'Sign' ? kms : undefined);
  const response = await post('orders', request);
  issuer.before = undefined;
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ code, status: REQUEST_CODES[code] });
  expect(response.status).toBe(problem.status);
  const example = PROBLEMS.find((one) => one.code === code);
  if (example) expect(problem).toEqual(example);
  const schema = `/paths/~1/post/responses/${response.status}/content/application~1problem+json/schema`;
  expect([isProblem(problem), inOpenApi(schema)(problem)]).toEqual([true, true]);
  expect(response.headers.has('retry-after')).toBe([429, 503].includes(response.status));
});

test('anything but POST is 405', async () => {
  const event = { requestContext: { http: { method: 'GET' } } };
  const { payload } = await issuer.invoke('sign:orders', event);
  const { statusCode, headers, body } = JSON.parse(payload) as { statusCode: number; headers: object; body: string };
  expect({ statusCode, headers }).toMatchObject({ statusCode: 405, headers: { allow: 'POST' } });
  expect(PROBLEMS).toContainEqual(JSON.parse(body));
});

test('an issuer in a test’s own process answers within it too', async () => {
  const issuer = await startTestIssuer({ algorithm: 'ES256' });
  const post = async (body: string) => (await fetch(`${issuer.url}/sign`, { method: 'POST', body })).json();
  expect(isAnswer(await post(JSON.stringify(REQUESTS['what is needed'])))).toBe(true);
  for (const body of REFUSED) expect(await post(body)).toEqual(refusalOf(body));
  await issuer.close();
});
