/** The verbs against a local stack, as processes: text, JSON, exit codes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalStack, startLocalStack } from '../../lib/cli/local-stack.ts';
import { Command, endAll } from './process.ts';

let stack: LocalStack;
const directory = mkdtempSync(join(tmpdir(), 'keyturn-cli-'));
beforeAll(async () => {
  stack = await startLocalStack({
    config: {
      algorithm: 'ES256',
      publicationLead: '20m',
      verifiers: ['jose'],
      edgeStaleIfError: '0s',
      clockSkew: '1s',
    },
    port: 0,
    ticking: false,
  });
  await stack.tick();
});
afterAll(async () => {
  endAll();
  await stack.close();
  rmSync(directory, { recursive: true });
});

async function keyturn(...args: string[]) {
  const command = new Command(...args, '--url', stack.url);
  const { status } = await command.ended;
  return { status, stdout: command.stdout, stderr: command.stderr };
}
async function json(...args: string[]) {
  const { status, stdout, stderr } = await keyturn(...args, '--json');
  return { status, stderr, answer: stdout === '' ? undefined : JSON.parse(stdout) };
}
const activeKid = async (): Promise<string> =>
  (await json('status')).answer.keys.find(({ state }: { state: string }) => state === 'active').kid;

describe('status', () => {
  test('of one that is well', async () => {
    const { status, stdout, stderr } = await keyturn('status');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^${stack.policy.issuer} {3}well\n`));
    expect(stdout).toMatch(/KEY +STATE +FOR +ALGORITHM +NEXT/);
    expect(stdout).toMatch(/active .* ES256/);
    expect(stdout).toMatch(/pending .* ES256 +activates in 90d/);
    expect(stdout).toMatch(/edge +version 2, the keyring is at 2/);
    expect(stdout).toMatch(/░.*█|█/);
  });

  test('for programs', async () => {
    const { status, answer } = await json('status');
    expect(status).toBe(0);
    expect(answer).toMatchObject({
      isWell: true,
      documentVersion: 2,
      edgeVersion: 2,
      algorithm: 'ES256',
      findings: [],
    });
    expect(answer.next[0]).toMatchObject({ step: 'activate' });
  });
});

test('plan says what will happen, and what another policy would do', async () => {
  const { answer } = await json('plan', '--until', '1y');
  expect(answer.events.filter(({ step }: { step: string }) => step === 'activate')).toHaveLength(4);
  const file = join(directory, 'keyturn.config.json');
  writeFileSync(file, JSON.stringify({ rotationPeriod: '30d', clients: {} }));
  const tried = await json('plan', '--until', '1y', '--config', file);
  expect(tried.answer.events.filter(({ step }: { step: string }) => step === 'activate')).toHaveLength(12);
  writeFileSync(file, JSON.stringify({ grace: '1m' }));
  expect(await keyturn('plan', '--config', file)).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^keyturn plan: grace must be at least .*\(policy_unsafe\)\n$/),
  });
  expect((await keyturn('plan', '--config', join(directory, 'none.json'))).status).toBe(2);
});

test('sign prints a token, inspect says what it says', async () => {
  const { status, stdout } = await keyturn(
    'sign',
    '--audience',
    'orders-api',
    '--subject',
    'svc:checkout',
    '--claims',
    '{"a":1}',
  );
  expect(status).toBe(0);
  expect(decodeJwt(stdout.trim())).toMatchObject({ aud: 'orders-api', sub: 'svc:checkout', a: 1 });
  const inspected = new Command('inspect', stdout.trim());
  await inspected.ended;
  expect(inspected.stdout).toContain('NOT verified');
  expect(inspected.stdout).toMatch(/exp .*, in 1[45]m/);
  expect(await keyturn('sign', '--audience', 'a', '--claims', '{"sub":"x","iss":"me"}')).toMatchObject({
    status: 1,
    stderr: 'keyturn sign: claims must not hold iss: the issuer sets it (reserved_claim)\n',
  });
});

test('rotate is held by the lead, and says so', async () => {
  const { status, stdout } = await keyturn('rotate', '--reason', 'key ceremony');
  expect(status).toBe(1);
  expect(stdout).toMatch(
    /^the rotation is noted, and held:\n +held +rotation: a rotation was requested: key ceremony, but standby/,
  );
  const held = {
    severity: 'problem',
    what: expect.stringMatching(/^a rotation was requested: key ceremony, but standby \S+ must be published until /),
    fix: expect.stringContaining('rotation-held.md'),
  };
  const looked = await json('status');
  expect({ status: looked.status, findings: looked.answer.findings }).toEqual({ status: 1, findings: [held] });
  // The next tick says the same, and it is said once.
  await stack.tick();
  expect((await json('status')).answer.findings).toEqual([held]);
});

test('retain and release a key', async () => {
  const kid = await activeKid();
  expect((await keyturn('retain', kid)).status).toBe(0);
  expect((await json('status')).answer.keys.find(({ retained }: { retained?: true }) => retained)?.kid).toBe(kid);
  expect((await keyturn('release', kid)).status).toBe(0);
  expect((await keyturn('retain', 'nobody')).stderr).toMatch(
    /key nobody is not in the keyring \(transition_refused\)\n$/,
  );
});

test('burn takes the kid, says what it costs, and leaves a report', async () => {
  const kid = await activeKid();
  const report = join(directory, 'report.json');
  const unsure = await keyturn('burn', kid, '--reason', 'laptop stolen');
  expect(unsure).toMatchObject({ status: 2, stderr: expect.stringContaining('use --yes in scripts') });
  const { status, stdout, stderr } = await keyturn(
    'burn',
    kid,
    '--reason',
    'laptop stolen',
    '--report',
    report,
    '--yes',
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain(`burned     ${kid}`);
  expect(stdout).toContain('edge       serves it no more');
  expect(stdout).toMatch(
    /VERIFIER +ACCEPTS IT UNTIL +REJECTS THE FRESH KEY UNTIL\n {2}jose \(createRemoteJWKSet\) +20\S+Z \(/,
  );
  expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
    burned: [kid],
    reason: 'laptop stolen',
    edgeIsClean: true,
  });
  expect(await activeKid()).not.toBe(kid);
});

test('what cannot be asked has a code of its own', async () => {
  const nobody = new Command('status', '--url', 'http://127.0.0.1:1');
  expect(await nobody.ended).toMatchObject({ status: 3 });
  expect(nobody.stderr).toBe(
    'keyturn status: nothing answers at http://127.0.0.1:1: is "keyturn local" running there? (unreachable)\n',
  );
  const both = new Command('status', '--url', 'http://127.0.0.1:1', '--stack', 'Keyturn', '--json');
  expect(await both.ended).toMatchObject({ status: 2 });
  expect(JSON.parse(both.stderr)).toEqual({ code: 'usage', message: 'either --stack or --url, not both' });
});
