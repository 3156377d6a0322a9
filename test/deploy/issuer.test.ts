/** One issuer in an account that checks permissions, from the first deployment to a burn. */
import { setTimeout } from 'node:timers/promises';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand, SignCommand } from '@aws-sdk/client-kms';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { awsClients } from '../aws/clients.ts';
import type { Request } from '../iam/decide.ts';
import type { Statement } from '../iam/policy.ts';
import { sentence } from '../iam/recorder.ts';
import { type Asking, askedByFunctions, OF_FUNCTIONS, UNASKED } from './asked.ts';
import { AUDIENCE, type Deployment, REQUEST } from './deployment.ts';
import { fetchAt } from './fetch-at.ts';
import { assume } from './root.ts';
import { rotationBegun, SETTLED_MS, ticksUntil } from './rotation.ts';
import { emulatedAccount } from './world.ts';

const CLIENTS = {
  orders: { audiences: [AUDIENCE], scopes: ['orders:read'] },
  billing: { subject: 'svc:billing', audiences: ['ledger'] },
};

const account = emulatedAccount();
let issuer: Deployment;

const sign = () => issuer.sign('orders');
const callerOf = (client: string) => assume(account.endpoint, issuer.output(`CallerRoleArn${client}`));
const denied = { name: expect.stringMatching(/^AccessDenied/) };

test('the template is deployed within a minute', async () => {
  const started = performance.now();
  issuer = await account.deploy({ clients: CLIENTS });
  expect(performance.now() - started).toBeLessThan(60_000);
});

test('the deployment has made the first key and its standby', async () => {
  const { keys } = await issuer.keyring();
  expect(keys.map(({ state }) => state)).toEqual(['active', 'pending']);
  expect(await issuer.servedKids()).toEqual(keys.map(({ kid }) => kid));
});

test('a token of the deployed function verifies at the edge', async () => {
  const { token, kid, algorithm } = await sign();
  expect(algorithm).toBe('ES256');
  const { protectedHeader, payload } = await issuer.verify(token);
  expect(protectedHeader.kid).toBe(kid);
  expect(payload).toMatchObject({ sub: 'svc:checkout', client_id: 'orders' });
});

test('the distribution serves the documents as the template says, and nothing else', async () => {
  const ask = (path: string, init?: RequestInit) =>
    fetchAt(account.endpoint)(`https://${issuer.output('DistributionDomain')}${path}`, init);
  const viewer = { headers: { 'x-forwarded-proto': 'https', origin: 'https://app.example.com' } };
  for (const path of ['/.well-known/jwks.json', '/.well-known/openid-configuration']) {
    const response = await ask(path, viewer);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'public, max-age=1, stale-while-revalidate=0, stale-if-error=0',
      'access-control-allow-origin': '*',
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  }
  for (const path of ['/public/.well-known/jwks.json', '/.well-known/', '/nothing'])
    expect((await ask(path, viewer)).status).toBe(403);
  expect((await ask('/.well-known/jwks.json', { ...viewer, method: 'PUT', body: '{}' })).status).toBe(403);
  expect((await ask('/.well-known/jwks.json')).status).toBe(301);
});

test('each client has tokens at its URL and by its alias, and at no other', async () => {
  const [orders, billing] = [await callerOf('orders'), await callerOf('billing')];
  const url = issuer.output('SignUrlOrders');
  const functionName = `${issuer.output('SignFunctionName')}:orders`;
  for (const where of [{ url }, { functionName }]) {
    const { token } = await issuer.client(where, orders).get(REQUEST);
    expect((await issuer.verify(token)).payload.client_id).toBe('orders');
    for (const nobody of [billing, { ...orders, secretAccessKey: 'another' }])
      await expect(issuer.client(where, nobody).get(REQUEST)).rejects.toMatchObject({ code: 'forbidden' });
  }
  const unsigned = await fetchAt(account.endpoint)(url, { method: 'POST', body: JSON.stringify(REQUEST) });
  expect(unsigned.status).toBe(403);
});

test('each client may ask for what its rules name', async () => {
  const billing = issuer.client({ url: issuer.output('SignUrlBilling') }, await callerOf('billing'));
  await expect(billing.get(REQUEST)).rejects.toMatchObject({ code: 'audience_not_allowed', status: 403 });
  const { token } = await billing.get({ audience: 'ledger' });
  expect(decodeJwt(token)).toMatchObject({ sub: 'svc:billing', aud: 'ledger', client_id: 'billing' });
});

test('a client may do nothing else', async () => {
  const { lambda, dynamodb, kms } = awsClients(account.endpoint, await callerOf('orders'));
  const { keyArn: KeyId } = await issuer.key((await sign()).kid);
  const invoke = (FunctionName: string, Qualifier?: string) =>
    lambda.send(new InvokeCommand({ FunctionName, Qualifier, Payload: JSON.stringify(REQUEST) }));
  const signFunction = issuer.output('SignFunctionName');
  for (const alias of ['billing', 'canary', 'any', undefined])
    await expect(invoke(signFunction, alias)).rejects.toMatchObject(denied);
  for (const name of ['OperateFunctionName', 'RotateFunctionName'])
    await expect(invoke(issuer.output(name))).rejects.toMatchObject(denied);
  const Key = { issuer: { S: issuer.output('IssuerUrl') } };
  const item = new GetItemCommand({ TableName: issuer.output('TableName'), Key });
  await expect(dynamodb.send(item)).rejects.toMatchObject(denied);
  await expect(kms.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject(denied);
  const signature = new SignCommand({
    KeyId,
    SigningAlgorithm: 'ECDSA_SHA_256',
    MessageType: 'DIGEST',
    Message: Buffer.alloc(32),
  });
  await expect(kms.send(signature)).rejects.toMatchObject(denied);
});

test('a rotation that is asked for is done by the schedule, which nobody calls', async () => {
  const { from, to } = await rotationBegun(issuer);
  expect((await sign()).kid).toBe(from);
  await vi.waitFor(async () => expect((await issuer.key(to)).state).toBe('active'), {
    timeout: 90_000,
    interval: 500,
  });
  await setTimeout(SETTLED_MS);
  const { kid, token } = await sign();
  expect(kid).toBe(to);
  await issuer.verify(token);
  expect(await issuer.servedKids()).toEqual(expect.arrayContaining([from, to]));
});

test('the former key leaves the edge when its grace is over, and KMS destroys it', async () => {
  const { keys } = await issuer.keyring();
  const former = keys.filter(({ state }) => state === 'grace');
  expect(former.length).toBeGreaterThan(0);
  for (const { kid, keyArn } of former) {
    await ticksUntil(issuer, kid, 'retired');
    expect(await issuer.servedKids()).not.toContain(kid);
    expect(await issuer.kmsState(keyArn)).toBe('PendingDeletion');
  }
});

test('a burned key is out of KMS, of the document and of the edge, and the next token verifies', async () => {
  const { kid, token } = await sign();
  const { keyArn } = await issuer.key(kid);
  await issuer.verify(token);
  const { burned } = await issuer.burn({ kid });
  expect(burned).toEqual([kid]);
  expect(await issuer.kmsState(keyArn)).toBe('Disabled');
  expect(await issuer.servedKids()).not.toContain(kid);
  await expect(issuer.verify(token)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  const next = await sign();
  expect(next.kid).not.toBe(kid);
  await issuer.verify(next.token);
});

describe('what its functions asked of AWS', () => {
  let asked: Asking;
  const requests = () => asked.calls.flatMap((call) => call.requests);
  const isAllowed = (request: Request, without?: Statement) =>
    asked.account.decide(request, without && { instead: { id: without.id } }).allowed;
  beforeAll(async () => {
    asked = await askedByFunctions(issuer.aws, 'Keyturn', account.calls());
  });

  test('is taken for the same actions here and by the emulator, and allowed by both', () => {
    for (const { action, allowed, requests } of asked.calls) {
      expect(requests.map((request) => request.action)).toContain(action);
      expect(requests.filter((request) => isAllowed(request) !== allowed).map(sentence)).toEqual([]);
      expect(allowed, requests.map(sentence).join('; ')).toBe(true);
    }
  });

  test('is asked by all of them, of every service', () => {
    const roles = asked.template.ofType('AWS::Lambda::Function').map(([, { Role }]) => Role);
    const asking = new Set(requests().map(({ principal }) => 'arn' in principal && principal.arn));
    expect(asking).toEqual(new Set(roles));
    const services = new Set(requests().map(({ action }) => action.split(':')[0]));
    expect(services).toEqual(new Set(['kms', 'tag', 'dynamodb', 's3', 'cloudfront', 'lambda']));
  });

  test('needs every statement that allows them anything, but for what is explained', () => {
    const needed = asked.account.statements
      .filter(({ id, effect }) => effect === 'Allow' && OF_FUNCTIONS.test(id) && UNASKED[id] === undefined)
      .map((statement) => [statement.id, requests().some((request) => !isAllowed(request, statement))]);
    expect(needed).toEqual(needed.map(([id]) => [id, true]));
    expect(needed.length).toBeGreaterThan(Object.keys(UNASKED).length);
  });
});
