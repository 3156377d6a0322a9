/** One issuer in an account that checks permissions, from the first deployment to a burn. */
import { setTimeout } from 'node:timers/promises';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand, SignCommand } from '@aws-sdk/client-kms';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { expect, test, vi } from 'vitest';
import { awsClients } from '../aws/clients.ts';
import { AUDIENCE, type Deployment, REQUEST } from './deployment.ts';
import { rotationBegun, SETTLED_MS, SLOW, ticksUntil } from './rotation.ts';
import { assume } from './signed.ts';
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
  issuer = await account.deploy({ config: SLOW, clients: CLIENTS });
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

test('each client has a URL of its own, which answers its role and nobody else', async () => {
  const [orders, billing] = [await callerOf('orders'), await callerOf('billing')];
  const [ordersUrl, billingUrl] = [issuer.output('SignUrlOrders'), issuer.output('SignUrlBilling')];
  const { status, body } = await issuer.post(ordersUrl, REQUEST, orders);
  expect(status).toBe(200);
  await issuer.verify((JSON.parse(body) as { token: string }).token);
  expect(await issuer.post(billingUrl, { audience: 'ledger' }, billing)).toMatchObject({ status: 200 });
  for (const nobody of [undefined, billing, { ...orders, secretAccessKey: 'another' }]) {
    const refused = await issuer.post(ordersUrl, REQUEST, nobody);
    expect(refused.status).toBe(403);
    // Not by the function: nothing of ours has run.
    expect(refused.body).not.toContain('urn:keyturn');
  }
});

test('each client may ask for what its rules name', async () => {
  const refused = await issuer.post(issuer.output('SignUrlBilling'), REQUEST, await callerOf('billing'));
  expect(refused.status).toBe(403);
  expect(JSON.parse(refused.body)).toMatchObject({ code: 'audience_not_allowed' });
});

test('a client may invoke its alias, and do nothing else', async () => {
  const { lambda, dynamodb, kms } = awsClients(account.endpoint, await callerOf('orders'));
  const { keyArn: KeyId } = await issuer.key((await sign()).kid);
  const invoke = (FunctionName: string, Qualifier?: string) =>
    lambda.send(new InvokeCommand({ FunctionName, Qualifier, Payload: JSON.stringify(REQUEST) }));
  const signFunction = issuer.output('SignFunctionName');
  const { Payload } = await invoke(signFunction, 'orders');
  expect(JSON.parse(Buffer.from(Payload ?? []).toString())).toHaveProperty('token');
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
