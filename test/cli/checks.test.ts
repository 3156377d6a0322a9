/** What the schedule and IAM's simulator say, and what becomes of it. */
import { describe, expect, test } from 'vitest';
import { deniedTo } from '../../lib/aws/role-permissions.ts';
import { scheduleFacts } from '../../lib/aws/schedule-facts.ts';
import { type Checks, checkFindings } from '../../lib/cli/checks.ts';
import { parsePolicy } from '../../lib/core/config.ts';

describe('a schedule', () => {
  const ask = (answer: object) => scheduleFacts({ send: async () => answer } as never, 'ticks');

  test.each([
    ['rate(15 minutes)', 900],
    ['rate(1 hour)', 3600],
    ['rate(2 days)', 172_800],
    ['cron(0 12 * * ? *)', undefined],
  ])('%s', async (expression, seconds) => {
    const facts = await ask({ State: 'ENABLED', ScheduleExpression: expression });
    expect(facts).toEqual({ isEnabled: true, expression, seconds });
  });

  test('that is disabled', async () => {
    expect(await ask({ State: 'DISABLED', ScheduleExpression: 'rate(1 day)' })).toMatchObject({ isEnabled: false });
  });

  test('that is gone is no failure; anything else is', async () => {
    const failing = (name: string) =>
      ({ send: () => Promise.reject(Object.assign(new Error('no'), { name })) }) as never;
    expect(await scheduleFacts(failing('ResourceNotFoundException'), 'ticks')).toBeUndefined();
    await expect(scheduleFacts(failing('AccessDeniedException'), 'ticks')).rejects.toThrow('no');
  });
});

describe('what a role may not do', () => {
  interface Sent {
    readonly input: Readonly<Record<string, unknown>>;
  }
  const asked = async (result: object) => {
    const sent: Sent[] = [];
    const send = async (command: Sent) => {
      sent.push(command);
      return { EvaluationResults: [result] };
    };
    const context = {
      'aws:TagKeys': ['a', 'b'],
      'kms:Window': '30',
      'kms:MultiRegion': 'false',
      'kms:Spec': 'RSA_2048',
    };
    const needs = [{ actions: ['kms:CreateKey'], resource: '*', context }];
    return { denied: await deniedTo({ send } as never, 'arn:role', needs), sent };
  };

  test('is asked with what the request would have', async () => {
    const { denied, sent } = await asked({ EvalActionName: 'kms:CreateKey', EvalDecision: 'allowed' });
    expect(denied).toEqual([]);
    expect(sent[0]?.input).toEqual({
      PolicySourceArn: 'arn:role',
      ActionNames: ['kms:CreateKey'],
      ResourceArns: ['*'],
      ContextEntries: [
        { ContextKeyName: 'aws:TagKeys', ContextKeyType: 'stringList', ContextKeyValues: ['a', 'b'] },
        { ContextKeyName: 'kms:Window', ContextKeyType: 'numeric', ContextKeyValues: ['30'] },
        { ContextKeyName: 'kms:MultiRegion', ContextKeyType: 'boolean', ContextKeyValues: ['false'] },
        { ContextKeyName: 'kms:Spec', ContextKeyType: 'string', ContextKeyValues: ['RSA_2048'] },
      ],
    });
  });

  test.each([
    ['no policy allows it', { EvalDecision: 'implicitDeny' }],
    ['a policy denies it', { EvalDecision: 'explicitDeny' }],
    [
      'a policy of the organization denies it',
      { EvalDecision: 'explicitDeny', OrganizationsDecisionDetail: { AllowedByOrganizations: false } },
    ],
    [
      'its permissions boundary denies it',
      { EvalDecision: 'implicitDeny', PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } },
    ],
  ])('%s', async (why, result) => {
    const { denied } = await asked({ EvalActionName: 'kms:CreateKey', ...result });
    expect(denied).toEqual([{ action: 'kms:CreateKey', resource: '*', why }]);
  });
});

describe('findings', () => {
  const policy = parsePolicy({ issuer: 'https://auth.example.com' });
  const well: Checks = { schedule: { isEnabled: true, expression: 'rate(15 minutes)', seconds: 900 }, permissions: [] };
  const found = (checks: Partial<Checks>) => checkFindings({ ...well, ...checks }, { policy });

  test('of one that is well, and of one that was not looked at: none', () => {
    expect(found({})).toEqual([]);
    expect(found({ schedule: { unchecked: 'x' }, permissions: { unchecked: 'x' } })).toEqual([]);
  });

  test('each is a problem with a fix', () => {
    const slow = { isEnabled: false, expression: 'cron(0 12 * * ? *)', seconds: undefined };
    const denied = { role: 'signer', action: 'kms:Sign', resource: 'arn:key', why: 'no policy allows it' } as const;
    const findings = [...found({ schedule: undefined }), ...found({ schedule: slow, permissions: [denied] })];
    expect(findings.map(({ what }) => what)).toEqual([
      'the schedule of the ticks is gone',
      'the schedule of the ticks is disabled',
      'the schedule is cron(0 12 * * ? *), the policy counts on a tick every 15m',
      'the signer may not kms:Sign on arn:key: no policy allows it',
    ]);
    for (const { severity, fix } of findings) {
      expect(severity).toBe('problem');
      expect(fix).toMatch(/docs\/runbooks\/[a-z-]+\.md/);
    }
    // A deployment of the same template does not touch what somebody changed by hand.
    expect(findings.at(-1)?.fix).toMatch(/cdk drift .*put it back by hand, or deploy a change of it/);
  });
});
