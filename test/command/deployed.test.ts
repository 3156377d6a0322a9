/** The command against a deployed stack, as a process: what it finds by the stack's name, and what it says when it may not. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AwsCall } from '../../lib/local/wire.ts';
import { type Issuer, startSigning } from '../functions/issuer.ts';
import { type Account, accountAround } from './account.ts';
import { Command, endAll } from './process.ts';

let issuer: Issuer;
let account: Account;
beforeAll(async () => {
  issuer = await startSigning({ config: { algorithm: 'ES256' } });
  await issuer.report();
  account = await accountAround(issuer);
});
beforeEach(() => {
  account.refusals = {};
  account.denied = [];
  account.others = {};
  account.schedule = { State: 'ENABLED', ScheduleExpression: 'rate(15 minutes)' };
  issuer.before = undefined;
});
afterAll(async () => {
  await endAll();
  await account?.close();
  await issuer?.close();
});

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIALOCALme', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' };

async function keyturn(args: readonly string[], environment: Record<string, string> = KEYS) {
  const around = { AWS_ENDPOINT_URL: account.url, AWS_EC2_METADATA_DISABLED: 'true' };
  const command = new Command({ ...environment, ...around }, ...args);
  const { status } = await command.ended;
  return { status, stdout: command.stdout, stderr: command.stderr };
}
const ofStack = (verb: string, ...args: string[]) => keyturn([verb, ...args, '--stack', 'Tokens']);

async function status() {
  const { stdout } = await ofStack('status', '--json');
  const { schedule, permissions, findings } = JSON.parse(stdout);
  // Nothing serves https here: what the edge serves is shown elsewhere.
  const whats = (findings as { what: string; fix: string }[]).filter(({ what }) => !/edge/.test(what));
  return { schedule, permissions, findings: whats };
}

describe('status', () => {
  test('looks at the schedule and at what the roles may do', async () => {
    expect(await status()).toEqual({
      schedule: { isEnabled: true, expression: 'rate(15 minutes)', seconds: 900 },
      permissions: { denied: [] },
      findings: [],
    });
    const { stdout } = await ofStack('status');
    expect(stdout).toMatch(/\n {2}schedule +every 15m, enabled\n {2}permissions +signer, rotator and operator may do/);
  });

  test('finds a schedule that is disabled, of another rate, or gone', async () => {
    account.schedule = { State: 'DISABLED', ScheduleExpression: 'rate(1 day)' };
    expect((await status()).findings).toEqual([
      expect.objectContaining({ what: 'the schedule of the ticks is disabled' }),
      expect.objectContaining({ what: 'the schedule is rate(1 day), the policy counts on a tick every 15m' }),
    ]);
    account.schedule = undefined;
    expect(await status()).toMatchObject({
      schedule: null,
      findings: [{ what: 'the schedule of the ticks is gone', fix: expect.stringContaining('no-ticks.md') }],
    });
  });

  test('names what a role may not do', async () => {
    account.denied = ['s3:PutObject'];
    const { findings } = await status();
    expect(findings.map(({ what }) => what)).toEqual([
      expect.stringMatching(
        /^the rotator may not s3:PutObject on arn:aws:s3:::keyturn-documents\/public\/.*: a policy denies it$/,
      ),
      expect.stringMatching(/^the operator may not s3:PutObject on /),
    ]);
    expect((await ofStack('status')).status).toBe(1);
  });

  test('says what it may not look at, and shows the rest', async () => {
    const refusal = { status: 403, code: 'AccessDenied', message: 'User is not authorized' };
    account.refusals = { iam: refusal, scheduler: { ...refusal, code: 'AccessDeniedException' } };
    expect(await status()).toEqual({
      schedule: { unchecked: 'these credentials lack scheduler:GetSchedule: grantAudit gives it' },
      permissions: { unchecked: 'these credentials lack iam:SimulatePrincipalPolicy: grantAudit gives it' },
      findings: [],
    });
  });
});

describe('one sentence says what to do', () => {
  const says = async (args: readonly string[], environment?: Record<string, string>) => {
    const { stderr, ...rest } = await keyturn(args, environment);
    expect(rest).toEqual({ status: 3, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    return stderr;
  };

  test('for a stack that there is not', async () => {
    expect(await says(['status', '--stack', 'Tokns'])).toBe(
      'keyturn status: there is no stack Tokns in us-east-1: name it with --stack, or its --region (unreachable)\n',
    );
    expect(await says(['plan'])).toContain('there is no stack Keyturn in us-east-1');
  });

  test('for credentials that have expired', async () => {
    const message = 'The security token included in the request is expired';
    account.refusals.cloudformation = { status: 403, code: 'ExpiredToken', message };
    expect(await says(['status', '--stack', 'Tokens'])).toBe(
      `keyturn status: the AWS credentials have expired: log in again (${message}) (ExpiredToken)\n`,
    );
  });

  test('for credentials that there are not, and a profile that there is not', async () => {
    const nowhere = { HOME: '/nonexistent', AWS_REGION: 'us-east-1' };
    expect(await says(['status', '--stack', 'Tokens'], nowhere)).toMatch(
      /there are no AWS credentials: set AWS_PROFILE/,
    );
    expect(await says(['status', '--profile', 'nobody'], nowhere)).toMatch(
      /there are no AWS credentials: set AWS_PROFILE/,
    );
  });

  test('for no Region', async () => {
    const { AWS_REGION: _, ...keys } = KEYS;
    expect(await says(['status', '--stack', 'Tokens'], { ...keys, HOME: '/nonexistent' })).toMatch(
      /there is no AWS Region: set AWS_REGION or use --region/,
    );
  });

  test.each(['status', 'plan', 'audit', 'jwks', 'who KID'])('where %s may not read the keyring', async (words) => {
    issuer.before = ({ service }: AwsCall) =>
      service === 'dynamodb'
        ? { status: 400, code: 'AccessDeniedException', message: 'User: arn:aws:iam::1:user/x is not authorized' }
        : undefined;
    expect(await says([...words.split(' '), '--stack', 'Tokens'])).toMatch(
      /these credentials may not do that: grantRead, grantAudit and grantOperate give the permission \(User: arn:.*\(AccessDeniedException\)\n$/,
    );
  });

  test.each(['rotate', 'recover --yes', 'retain KID', 'burn KID --yes'])('where %s may not operate', async (words) => {
    issuer.before = ({ service }: AwsCall) =>
      service === 'lambda' ? { status: 403, code: 'AccessDeniedException', message: 'not authorized' } : undefined;
    const reason = /rotate|burn/.test(words) ? ['--reason', 'x'] : [];
    expect(await says([...words.split(' '), ...reason, '--stack', 'Tokens'])).toMatch(
      /these credentials may not do that/,
    );
  });
});

describe('a stack with a second issuer', () => {
  const second = 'https://second.example.com';
  beforeEach(() => {
    account.others = { SecondIssuerUrl0A1B2C3D: second, SecondTableName9F8E7D6C: 'no-such-table' };
  });
  const asked = (...args: string[]) => ofStack('rotate', '--reason', 'x', '--json', ...args);

  test('is refused until one is named', async () => {
    const { status, stderr } = await asked();
    expect(status).toBe(2);
    expect(stderr).toContain(
      `stack Tokens has more than one issuer: choose with --issuer ${issuer.policy.issuer} or ${second}`,
    );
  });

  test('has no third one', async () => {
    const { status, stderr } = await asked('--issuer', 'https://third.example.com');
    expect(status).toBe(2);
    expect(stderr).toContain(
      `stack Tokens has no issuer https://third.example.com: it has ${issuer.policy.issuer} and `,
    );
  });

  test('answers for each', async () => {
    const sign = (of: string) => ofStack('sign', '--audience', 'a', '--subject', 's', '--issuer', of);
    expect(await sign(issuer.policy.issuer)).toMatchObject({ status: 0 });
    // It has no sign function here.
    expect((await sign(second)).status).not.toBe(0);
    const { token } = await issuer.sign();
    const verify = (of: string) => ofStack('verify', token, '--issuer', of);
    // Of this stack's edge there is none: its keyring has been read, and then its keys are asked for.
    expect((await verify(issuer.policy.issuer)).stderr).toContain('its keys could not be fetched');
    for (const ask of [verify(second), ofStack('status', '--issuer', second)])
      expect((await ask).stderr).toMatch(/no-such-table|ResourceNotFound/);
  });
});

test.each(['retain', 'release', 'unimport'])('%s of a kid that there is not says so', async (verb) => {
  const { status, stderr } = await ofStack(verb, 'nobody');
  expect(status).toBe(1);
  expect(stderr).toMatch(/^keyturn \w+: .*nobody.*\(transition_refused\)\n$/);
});
