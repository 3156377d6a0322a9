import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Issuer, REQUEST, startSigning } from './issuer.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startSigning({ signers: 1 });
});
afterAll(() => issuer?.close());

test('a cold signer reads the keyring and signs', async () => {
  await issuer.sign();
  expect(issuer.calls).toEqual(['sign dynamodb.GetItem', 'sign kms.Sign']);
});

test('a warm signer asks KMS once a token, and nobody else', async () => {
  issuer.calls.length = 0;
  const tokens = [];
  for (let count = 0; count < 10; count++) tokens.push(await issuer.sign());
  tokens.push(...(await Promise.all(Array.from({ length: 10 }, () => issuer.sign()))));
  expect(new Set(tokens.map(({ jti }) => jti)).size).toBe(20);
  expect(issuer.calls).toEqual(Array.from({ length: 20 }, () => 'sign kms.Sign'));
});

test('a direct Invoke costs no more', async () => {
  issuer.calls.length = 0;
  await issuer.invoke('sign:any', REQUEST);
  expect(issuer.calls).toEqual(['sign kms.Sign']);
});
