/** Burns that do not go as they should, as processes: what is said first, what is kept, and the exit code. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { keyturn, keyturnJson } from '../cli/in-process.ts';
import { type Issuer, startSigning } from '../functions/issuer.ts';
import { KeyringItem } from '../functions/keyring-item.ts';
import { Command, endAll } from './process.ts';

let issuer: Issuer;
let directory: string;
beforeAll(async () => {
  issuer = await startSigning({ config: { algorithm: 'ES256', verifiers: ['jose'] } });
});
beforeEach(() => {
  issuer.before = undefined;
  directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
  return () => rmSync(directory, { recursive: true });
});
afterAll(async () => {
  await endAll();
  await issuer?.close();
});

const here = () => ['--url', issuer.url];
async function burn(...args: string[]) {
  const command = new Command('burn', '--reason', 'laptop stolen', '--yes', ...args, ...here());
  const { status } = await command.ended;
  return { status, stdout: command.stdout, stderr: command.stderr };
}
const into = () => ['--report', join(directory, 'report.json')];

test('a key that KMS does not disable is said first, until it is disabled', async () => {
  const { kid } = await issuer.sign();
  const { keys } = await new KeyringItem(issuer).keyring();
  const arn = keys.find((key) => key.kid === kid)?.keyArn ?? '';
  issuer.before = ({ operation }) =>
    operation === 'DisableKey' ? { status: 400, code: 'AccessDeniedException', message: 'not authorized' } : undefined;
  const byHand = `aws kms disable-key --key-id ${arn} --region us-east-1`;
  const { status, stdout } = await burn(kid, ...into());
  expect(status).toBe(1);
  expect(stdout.split('\n').slice(0, 4)).toEqual([
    `NOT DISABLED: the KMS key of ${kid} can still sign forgeries. Burn it again, or disable it by hand:`,
    `  ${byHand}`,
    '',
    `burned     ${kid}`,
  ]);
  expect(stdout).toContain('disabled   NOT YET: every tick tries again');
  expect(stdout).toMatch(/ {2}held +disable: /);
  const report = JSON.parse(readFileSync(join(directory, 'report.json'), 'utf8'));
  expect(report.notDisabled).toEqual([{ kid, keyArn: arn }]);

  // Who may operate and not read is told all the same.
  const denied = issuer.before;
  issuer.before = (call) =>
    call.operation === 'GetItem' && call.accessKeyId === 'local'
      ? { status: 400, code: 'AccessDeniedException', message: 'no' }
      : denied?.(call);
  const blind = await burn(kid, '--json', ...into());
  expect({ ...blind, stdout: JSON.parse(blind.stdout).notDisabled }).toEqual({
    status: 1,
    stdout: [{ kid }],
    stderr: '',
  });

  issuer.before = denied;
  const looked = await keyturn('status', ...here());
  expect(looked.status).toBe(1);
  expect(looked.stdout).toContain(`burned key ${kid} is not on record as disabled in KMS: it may still sign forgeries`);
  expect(looked.stdout).toContain(byHand);
  const audit = await keyturnJson<{ misfits: { what: string }[] }>('audit', ...here());
  expect(audit.answer.misfits.map(({ what }) => what)).toContain(
    `key ${kid} is compromised and its KMS key enabled: it was burned and never disabled, it can still forge`,
  );

  issuer.before = undefined;
  const again = await burn(kid, ...into());
  expect(again).toMatchObject({ status: 0, stdout: expect.stringMatching(/^burned .*\ndisabled {3}in KMS/) });
  expect((await keyturn('status', ...here())).stdout).not.toContain('still sign forgeries');
  expect((await keyturn('audit', ...here())).status).toBe(0);
});

test('a disable that fails once, and that the tick of the same burn makes up for, is done', async () => {
  const { kid } = await issuer.sign();
  let failures = 0;
  issuer.before = ({ operation }) =>
    operation === 'DisableKey' && failures++ === 0
      ? { status: 400, code: 'KMSInvalidStateException', message: 'told to' }
      : undefined;
  expect(await burn(kid, ...into())).toMatchObject({
    status: 0,
    stdout: expect.not.stringContaining('NOT DISABLED'),
  });
  expect(failures).toBeGreaterThan(1);
});

test('a report that cannot be written costs nothing of the answer', async () => {
  const { kid } = await issuer.sign();
  const nowhere = join(directory, 'none', 'report.json');
  const { status, stdout, stderr } = await burn(kid, '--report', nowhere);
  expect(status).toBe(0);
  expect(stdout).toMatch(/VERIFIER +ACCEPTS IT UNTIL/);
  expect(stdout).not.toContain('the whole answer is in');
  expect(stderr).toBe(`keyturn burn: the report could not be written to ${nowhere}: ENOENT; keep the answer itself\n`);
  const json = await burn(kid, '--json', '--report', nowhere);
  expect(json.status).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({ burned: [kid], edgeIsClean: true, notDisabled: [] });
});

test('each burn keeps a report of its own, whatever the kid', async () => {
  const { kid } = await issuer.sign();
  const before = process.cwd();
  process.chdir(directory);
  try {
    // As status shows it. A name holds the second.
    for (const _ of [1, 2]) {
      await burn(`${kid.slice(0, 13)}…`);
      await after(1000);
    }
  } finally {
    process.chdir(before);
  }
  const files = readdirSync(directory);
  expect(files).toHaveLength(2);
  for (const file of files) expect(file).toMatch(new RegExp(`^burn-${kid}-\\d{8}T\\d{6}Z\\.json$`));
});
