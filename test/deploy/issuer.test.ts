/** One issuer in an account that checks permissions, from the first deployment to a burn. */

import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand, SignCommand } from '@aws-sdk/client-kms';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { expect, test, vi } from 'vitest';
import { awsClients } from '../aws/clients.ts';
import { type Deployment, REQUEST } from './deployment.ts';
import { assume } from './signed.ts';
import { emulatedAccount } from './world.ts';

const account = emulatedAccount();
let issuer: Deployment;

test('the template is deployed within a minute', async () => {
  const started = performance.now();
  issuer = await account.deploy();
  expect(performance.now() - started).toBeLessThan(60_000);
});

test('the first key is there', async () => {
  await issuer.tick();
  expect(await issuer.servedKids()).toHaveLength(2);
});

test('a token of the deployed function verifies at the edge', async () => {
  const { token, kid, algorithm } = await issuer.sign();
  expect(algorithm).toBe('ES256');
  const { protectedHeader, payload } = await issuer.verify(token);
  expect(protectedHeader.kid).toBe(kid);
  expect(payload.sub).toBe('svc:checkout');
});

test('its URL answers whom the grant names, and nobody else', async () => {
  const caller = await assume(account.endpoint, issuer.output('CallerRoleArn'));
  const url = issuer.output('SignUrl');
  const { status, body } = await issuer.post(url, REQUEST, caller);
  expect(status).toBe(200);
  await issuer.verify((JSON.parse(body) as { token: string }).token);
  expect((await issuer.post(url, REQUEST)).status).toBe(403);
  expect((await issuer.post(url, REQUEST, { ...caller, secretAccessKey: 'another' })).status).toBe(403);
});

test('whoever may have tokens may do nothing else', async () => {
  const { lambda, dynamodb, kms } = awsClients(
    account.endpoint,
    await assume(account.endpoint, issuer.output('CallerRoleArn')),
  );
  const { keyArn: KeyId } = await issuer.key((await issuer.sign()).kid);
  const denied = { name: expect.stringMatching(/^AccessDenied/) };
  const invoke = (FunctionName: string, Qualifier?: string) =>
    lambda.send(new InvokeCommand({ FunctionName, Qualifier, Payload: JSON.stringify(REQUEST) }));
  const { Payload } = await invoke(issuer.output('SignFunctionName'), 'any');
  expect(JSON.parse(Buffer.from(Payload ?? []).toString())).toHaveProperty('token');
  await expect(invoke(issuer.output('SignFunctionName'), 'canary')).rejects.toMatchObject(denied);
  await expect(invoke(issuer.output('SignFunctionName'))).rejects.toMatchObject(denied);
  await expect(invoke(issuer.output('OperateFunctionName'))).rejects.toMatchObject(denied);
  const Key = { issuer: { S: issuer.output('IssuerUrl') } };
  await expect(dynamodb.send(new GetItemCommand({ TableName: issuer.output('TableName'), Key }))).rejects.toMatchObject(
    denied,
  );
  await expect(kms.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject(denied);
  const command = new SignCommand({
    KeyId,
    SigningAlgorithm: 'ECDSA_SHA_256',
    MessageType: 'DIGEST',
    Message: Buffer.alloc(32),
  });
  await expect(kms.send(command)).rejects.toMatchObject(denied);
});

test('a rotation that is asked for is done by the schedule, which nobody calls', async () => {
  const { kid: before, token } = await issuer.sign();
  const { steps, holds } = await issuer.operate({ operation: 'rotate', reason: 'to see it' });
  expect(steps).toEqual([]);
  expect(holds).toMatchObject([{ kind: 'rotation' }]);
  await issuer.verify(token);
  await vi.waitFor(async () => expect((await issuer.key(before)).state).toBe('grace'), {
    timeout: 90_000,
    interval: 500,
  });
  const { kid: after, token: next } = await issuer.sign();
  expect(after).not.toBe(before);
  await issuer.verify(next);
  expect(await issuer.servedKids()).toEqual(expect.arrayContaining([before, after]));
});

test('the former key leaves the edge when its grace is over, and KMS destroys it', async () => {
  const { keys } = await issuer.keyring();
  const { kid, keyArn } = keys.find(({ state }) => state === 'grace') ?? { kid: '', keyArn: '' };
  await vi.waitFor(
    async () => {
      await issuer.tick();
      expect((await issuer.key(kid)).state).toBe('retired');
    },
    { timeout: 30_000, interval: 1000 },
  );
  expect(await issuer.servedKids()).not.toContain(kid);
  expect(await issuer.kmsState(keyArn)).toBe('PendingDeletion');
});

test('a burned key is out of KMS, of the document and of the edge, and the next token verifies', async () => {
  const { kid, token } = await issuer.sign();
  const { keyArn } = await issuer.key(kid);
  await issuer.verify(token);
  const { burned } = await issuer.burn({ kid });
  expect(burned).toEqual([kid]);
  expect(await issuer.kmsState(keyArn)).toBe('Disabled');
  expect(await issuer.servedKids()).not.toContain(kid);
  await expect(issuer.verify(token)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  const next = await issuer.sign();
  expect(next.kid).not.toBe(kid);
  await issuer.verify(next.token);
});
