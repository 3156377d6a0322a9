import { expect, test } from 'vitest';
import { REQUEST } from '../functions/issuer.ts';
import { KeyringItem } from '../functions/keyring-item.ts';
import { burn, operate, servedKids, signing } from '../functions/operating.ts';
import { verifyWithJose } from '../functions/verifying.ts';

test.concurrent('the table has lost the keyring: ticks stop, and recover goes on from what verifiers hold', async ({
  onTestFinished,
}) => {
  const issuer = await signing(onTestFinished);
  const before = await issuer.sign();
  const kids = await servedKids(issuer);
  await new KeyringItem(issuer).delete();
  issuer.lambda.kill('sign');

  await expect(issuer.report()).rejects.toThrow('document_newer');
  expect(await servedKids(issuer)).toEqual(kids);
  expect((await issuer.post(REQUEST)).status).toBe(503);

  const { documentVersion } = await operate(issuer, { operation: 'recover' });
  expect(documentVersion).toBeGreaterThan(2);
  const after = await issuer.sign();
  expect(kids).toContain(after.kid);
  expect(await servedKids(issuer)).toEqual(expect.arrayContaining(kids));
  for (const { token } of [before, after]) await verifyWithJose(issuer, token, 'ES256');
  expect((await issuer.report()).holds).toEqual([]);
});

test.concurrent('the table is put back to before a burn: the burned key stays out', async ({ onTestFinished }) => {
  const issuer = await signing(onTestFinished, { verifiers: ['jose'] });
  const table = new KeyringItem(issuer);
  const backup = await table.read();
  const { kid: burned } = await issuer.sign();
  await burn(issuer, { kid: burned });
  const kids = await servedKids(issuer);
  await table.write(backup);
  issuer.lambda.kill('sign');

  await expect(issuer.report()).rejects.toThrow('document_newer');
  // The backup names the burned key as active; KMS knows better.
  expect(await (await issuer.post(REQUEST)).json()).toMatchObject({ status: 503, code: 'key_unusable' });

  await operate(issuer, { operation: 'recover' });
  const { token, kid } = await issuer.sign();
  expect(kids).toContain(kid);
  await verifyWithJose(issuer, token, 'ES256');
  await issuer.report();
  expect(await servedKids(issuer)).not.toContain(burned);
  await expect(operate(issuer, { operation: 'recover' })).rejects.toThrow('there is nothing to recover');
});
