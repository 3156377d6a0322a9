/** Each runbook is rehearsed: the incident is caused, seen as the page says, mended by its commands, and over. */
import { setTimeout as after } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { tickItem } from '../../lib/aws/tick-records.ts';
import { matches } from '../cdk/event-pattern.ts';
import { keyEvent } from '../cdk/trail-events.ts';
import { watched } from '../cdk/trail-watched.ts';
import { keyturn } from '../cli/in-process.ts';
import { type Issuer, REQUEST, startSigning } from '../functions/issuer.ts';
import { KeyringItem } from '../functions/keyring-item.ts';
import { operate, servedKids } from '../functions/operating.ts';
import { runFunction } from '../functions/run-function.ts';
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
  await issuer.report();

  const [status] = await follow('rotation-held', 'What you see', issuer.url);
  expect(status).toMatchObject({ status: 1, stdout: expect.stringMatching(/! pending key .* is unusable in KMS/) });
  const working = await issuer.sign();
  await operate(issuer, { operation: 'rotate', reason: 'the calendar' });
  const [audit, plan] = await follow('rotation-held', 'What to do', issuer.url);
  expect(audit?.status).toBe(0);
  expect(plan?.status).toBe(0);

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

test('restored-table: the item is gone, with all that the table knew', async () => {
  const issuer = await incident();
  await lead();
  await issuer.report();
  const { token } = await issuer.sign();
  const kids = await servedKids(issuer);
  await new KeyringItem(issuer).delete();
  await expect(issuer.report()).rejects.toThrow('document_newer');
  issuer.lambda.kill('sign');
  expect((await issuer.post(REQUEST)).status).toBe(503);

  const [status] = await follow('restored-table', 'What you see', issuer.url);
  expect(status?.status).not.toBe(0);
  const said = await follow('restored-table', 'What to do', issuer.url);
  expect(said.at(-1)).toMatchObject({ status: 0, stdout: expect.stringMatching(/goes on from version \d/) });

  await issuer.report();
  await isOver('restored-table', issuer.url);
  const after = await servedKids(issuer);
  expect(after).toEqual(expect.arrayContaining(kids));
  expect(after.length).toBeGreaterThan(kids.length);
  expect(kids).toContain((await issuer.sign()).kid);
  expect((await keyturn('verify', token, '--url', issuer.url)).status).toBe(0);
});

test('signing-fails: somebody has taken away a permission, then he disables the key', async () => {
  const issuer = await incident();
  await lead();
  await issuer.report();
  const { kid } = await issuer.sign();
  issuer.before = ({ service, operation }) =>
    service === 'kms' && operation === 'Sign'
      ? { status: 400, code: 'AccessDeniedException', message: 'told to' }
      : undefined;
  const [denied] = await follow('signing-fails', 'What you see', issuer.url);
  expect(denied).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/\(AccessDeniedException\) \(kms_unavailable\)$/),
  });
  const response = await issuer.post(REQUEST);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  await expect
    .poll(() => issuer.lines.some(({ line }) => /"event":"refusal".*"kms_unavailable"/.test(line)))
    .toBe(true);
  issuer.before = undefined;
  await isOver('signing-fails', issuer.url);

  const { keys } = await new KeyringItem(issuer).keyring();
  issuer.kms.operations.DisableKey?.({ KeyId: keys.find((key) => key.kid === kid)?.keyArn });
  const [disabled] = await follow('signing-fails', 'What you see', issuer.url);
  expect(disabled).toMatchObject({ status: 1, stderr: expect.stringMatching(/is disabled \(key_unusable\)$/) });
  const [audit] = await follow('signing-fails', 'What to do', issuer.url);
  expect(audit?.stdout).toMatch(/is active and its KMS key unusable: it cannot sign/);
  await issuer.report();
  expect((await issuer.sign()).kid).not.toBe(kid);
  // The report of that very tick names the key that somebody disabled; it is the next one's to be well.
  await issuer.report();
  await isOver('signing-fails', issuer.url);
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

test('touched: somebody else changes the policy of the active key', async () => {
  const issuer = await incident();
  await lead();
  await issuer.report();
  const { keys } = await new KeyringItem(issuer).keyring();
  const { keyArn = '', kid } = keys.find(({ state }) => state === 'active') ?? {};
  const everything = { Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'kms:*', Resource: '*' };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [everything] });
  issuer.kms.operations.PutKeyPolicy?.({ KeyId: keyArn, PolicyName: 'default', Policy });

  const event = keyEvent('PutKeyPolicy', {}, keyArn);
  const { patterns, template } = watched();
  expect(patterns.some((pattern) => matches(pattern, event))).toBe(true);
  const environment = { KEYTURN_ISSUER: issuer.policy.issuer, KEYTURN_TABLE: 'keyturn', KEYTURN_METRICS: 'yes' };
  const lines = await runFunction(issuer, 'watch', environment, event);
  expect(lines).toEqual([expect.objectContaining({ event: 'touched', call: 'kms:PutKeyPolicy', kid, Touched: 1 })]);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'Touched', Threshold: 1 });
  const others = keyEvent('PutKeyPolicy', {}, 'arn:aws:kms:us-east-1:000000000000:key/somebodys');
  expect(await runFunction(issuer, 'watch', environment, others)).toEqual([]);

  const [status, audit] = await follow('touched', 'What you see', issuer.url);
  expect(status?.status).toBe(0);
  expect(audit).toMatchObject({ status: 1, stdout: expect.stringContaining('the policy of its KMS key is not ours') });
  const [rotated] = await follow('touched', 'What to do', issuer.url);
  expect(rotated?.status).toBe(0);
  await issuer.report();
  await isOver('touched', issuer.url);
  expect((await issuer.sign()).kid).not.toBe(kid);
});

test('no-ticks: somebody has disabled the schedule', async () => {
  const issuer = await incident();
  const { policy } = issuer;
  const item = new KeyringItem({ ...issuer, policy: { ...policy, issuer: tickItem(policy.issuer) } });
  const { record, ...rest } = await item.read();
  const old = { ...JSON.parse(record?.S ?? ''), at: Date.now() / 1000 - 7200 };
  await item.write({ ...rest, record: { S: JSON.stringify(old) } });

  const [status] = await follow('no-ticks', 'What you see', issuer.url);
  expect(status).toMatchObject({ status: 1, stdout: expect.stringMatching(/! no tick has ended for 2h/) });
  const [plan] = await follow('no-ticks', 'What to do', issuer.url);
  expect(plan?.status).toBe(0);
  await issuer.report();
  await isOver('no-ticks', issuer.url);
});
