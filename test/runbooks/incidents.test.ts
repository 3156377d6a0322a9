/** Each runbook is rehearsed: the incident is caused, seen as the page says, mended by its commands, and over. */
import { setTimeout as after } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type Issuer, REQUEST, startSigning } from '../functions/issuer.ts';
import { KeyringItem } from '../functions/keyring-item.ts';
import { operate, servedKids } from '../functions/operating.ts';
import { follow, isOver, WINDOWS } from './runbook.ts';

async function incident(): Promise<Issuer> {
  const issuer = await startSigning({ config: WINDOWS });
  onTestFinished(() => issuer.close());
  return issuer;
}
const lead = () => after(1100);

test('rotation-held: somebody has disabled the standby in KMS', async () => {
  const issuer = await incident();
  const { keys } = await new KeyringItem(issuer).keyring();
  issuer.kms.operations.DisableKey?.({ KeyId: keys.find(({ state }) => state === 'pending')?.keyArn });
  await lead();
  await operate(issuer, { operation: 'rotate', reason: 'the calendar' });
  await issuer.report();

  const [status] = await follow('rotation-held', 'What you see', issuer.url);
  expect(status).toMatchObject({ status: 1, stdout: expect.stringMatching(/! activate: .*disabled/i) });
  const working = await issuer.sign();
  const [audit, plan] = await follow('rotation-held', 'What to do', issuer.url);
  expect(audit?.stdout).toMatch(/is pending and its KMS key unusable: it cannot sign/);
  expect(plan?.status).toBe(0);

  await issuer.report();
  await issuer.report();
  await lead();
  await issuer.report();
  await after(1100);
  expect((await issuer.sign()).kid).not.toBe(working.kid);
  await isOver('rotation-held', issuer.url);
});

test('edge-stale: an edge location neither expires nor forgets its copies', async () => {
  const issuer = await incident();
  await issuer.report();
  issuer.edge.frozen = true;
  await lead();
  await operate(issuer, { operation: 'rotate', reason: 'the calendar' });
  await issuer.report();

  const [status, jwks] = await follow('edge-stale', 'What you see', issuer.url);
  expect(status).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('the edge serves version 2, the keyring is at 3'),
  });
  expect(jwks).toMatchObject({ status: 1, stdout: expect.stringContaining('it is version 2, the keyring is at 3') });
  await issuer.sign();
  const [audit] = await follow('edge-stale', 'What to do', issuer.url);
  expect(audit?.status).toBe(0);

  issuer.edge.frozen = false;
  await issuer.report();
  await isOver('edge-stale', issuer.url);
});

test('compromise: a key burns, its tokens end, and a fresh key signs', async () => {
  const issuer = await incident();
  const { token, kid } = await issuer.sign();
  const [verified] = await follow('compromise', 'What you see', issuer.url, { TOKEN: token });
  expect(verified).toMatchObject({ status: 0, stdout: expect.stringMatching(/^genuine/) });

  const said = await follow('compromise', 'What to do', issuer.url, { KID: kid });
  expect(said.at(-1)).toMatchObject({ status: 0, stdout: expect.stringContaining(`burned     ${kid}`) });

  await issuer.report();
  await isOver('compromise', issuer.url);
  const [refused] = await follow('compromise', 'What you see', issuer.url, { TOKEN: token });
  expect(refused).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/key_unknown.*\n.*burned: deploy role leaked/),
  });
});

test('restored-table: a backup of before the last rotation', async () => {
  const issuer = await incident();
  const table = new KeyringItem(issuer);
  const backup = await table.read();
  await lead();
  await operate(issuer, { operation: 'rotate', reason: 'the calendar' });
  const kids = await servedKids(issuer);
  await table.write(backup);
  await expect(issuer.report()).rejects.toThrow('document_newer');

  const [status] = await follow('restored-table', 'What you see', issuer.url);
  expect(status).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/the last tick failed: the published document is at version 3, the keyring at 2/),
  });
  const [audit, recovered] = await follow('restored-table', 'What to do', issuer.url);
  expect(audit?.stdout).toMatch(/which this issuer never had/);
  expect(recovered?.stdout).toMatch(/goes on from version 4/);

  await issuer.report();
  await isOver('restored-table', issuer.url);
  expect(await servedKids(issuer)).toEqual(expect.arrayContaining(kids));
});

test('kms-throttled: the account has signed too much', async () => {
  const issuer = await incident();
  issuer.before = ({ service, operation }) =>
    service === 'kms' && operation === 'Sign'
      ? { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' }
      : undefined;
  const [status, signed] = await follow('kms-throttled', 'What you see', issuer.url);
  expect(status?.status).toBe(0);
  expect(signed).toMatchObject({ status: 1, stderr: expect.stringMatching(/\(throttled\)$/) });
  expect((await issuer.post(REQUEST)).status).toBe(429);
  await expect.poll(() => issuer.lines.some(({ line }) => /"event":"refusal".*"throttled"/.test(line))).toBe(true);

  issuer.before = undefined;
  await isOver('kms-throttled', issuer.url);
});
