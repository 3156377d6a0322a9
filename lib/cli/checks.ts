/** What `status` looks at around the issuer, where it may: the schedule itself, and what the roles may do. */
import { IAMClient } from '@aws-sdk/client-iam';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { functionFacts } from '../aws/function-facts.ts';
import { type RoleKind, roleNeeds } from '../aws/role-needs.ts';
import { type Denied, deniedTo } from '../aws/role-permissions.ts';
import { type ScheduleFacts, scheduleFacts } from '../aws/schedule-facts.ts';
import { formatDuration } from '../core/duration.ts';
import { activeKey } from '../core/keyring.ts';
import type { Finding } from './findings.ts';
import type { Target } from './target.ts';
import type { View } from './view.ts';

/** Why something was not looked at. */
export interface Unchecked {
  readonly unchecked: string;
}

export interface Checks {
  /** Undefined: it is not there. */
  readonly schedule: ScheduleFacts | Unchecked | undefined;
  readonly permissions: readonly (Denied & { readonly role: RoleKind })[] | Unchecked;
}

export const isUnchecked = (value: object | undefined): value is Unchecked =>
  value !== undefined && 'unchecked' in value;

const LOCAL: Unchecked = { unchecked: 'nothing enforces them on this machine' };

export async function checksOf(target: Target, view: View): Promise<Checks> {
  if (target.isLocal) return { schedule: localSchedule(target), permissions: LOCAL };
  const [schedule, permissions] = await Promise.all([
    orWhyNot('scheduler:GetSchedule', scheduleOf(target)),
    orWhyNot('iam:SimulatePrincipalPolicy', permissionsOf(target, view)),
  ]);
  return { schedule, permissions };
}

/** Who may not look is told so in a sentence, and all else is shown. */
const orWhyNot = <T>(permission: string, work: Promise<T>): Promise<T | Unchecked> =>
  work.catch(({ name, message }: Error) => {
    const isForbidden = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation)$/.test(name);
    return { unchecked: isForbidden ? `these credentials lack ${permission}: grantAudit gives it` : message };
  });

function localSchedule({ outputs: { TickSeconds } }: Target): ScheduleFacts | Unchecked {
  if (!TickSeconds) return { unchecked: 'this issuer ticks when it is asked to' };
  const seconds = Number(TickSeconds);
  return { isEnabled: true, expression: `rate(${seconds} s)`, seconds };
}

async function scheduleOf({ aws, outputs: { ScheduleName } }: Target): Promise<ScheduleFacts | Unchecked | undefined> {
  if (!ScheduleName) return { unchecked: 'the stack does not name it: deploy this release' };
  return scheduleFacts(new SchedulerClient(aws), ScheduleName);
}

async function permissionsOf({ aws, lambda, outputs }: Target, { keyring, policy }: View) {
  const key = activeKey(keyring);
  if (!key) return { unchecked: 'there is no active key to ask about' };
  const { environment } = await functionFacts(lambda, outputs.OperateFunctionName);
  const [rotator = '', operator = ''] = (environment.KEYTURN_ROTATOR_ROLE_ARNS ?? '').split(',');
  const roles: Record<RoleKind, string> = { signer: environment.KEYTURN_SIGNER_ROLE_ARN ?? '', rotator, operator };
  const { TableName: tableName, BucketName: bucketName, DistributionId: distributionId } = outputs;
  const names = { tableName, bucketName, distributionId, signFunctionName: outputs.SignFunctionName };
  const iam = new IAMClient(aws);
  const asked = Object.entries(roleNeeds({ policy, key, ...names })).map(async ([kind, needs]) => {
    const role = kind as RoleKind;
    return (await deniedTo(iam, roles[role], needs)).map((one) => ({ role, ...one }));
  });
  return (await Promise.all(asked)).flat();
}

/** Pure, as those of findings.ts. */
export function checkFindings({ schedule, permissions }: Checks, { policy: { tick } }: Pick<View, 'policy'>) {
  const found: Finding[] = [];
  const problem = (what: string, fix: string) => found.push({ severity: 'problem', what, fix });
  const restore = 'docs/runbooks/no-ticks.md';
  if (!schedule) problem('the schedule of the ticks is gone', restore);
  else if (!isUnchecked(schedule)) {
    const { isEnabled, seconds, expression } = schedule;
    if (!isEnabled) problem('the schedule of the ticks is disabled', `enable it; ${restore}`);
    if (seconds !== tick)
      problem(`the schedule is ${expression}, the policy counts on a tick every ${formatDuration(tick)}`, restore);
  }
  for (const { role, action, resource, why } of isUnchecked(permissions) ? [] : permissions) {
    // CloudFormation touches what a template changes: deploying the same one again mends nothing.
    const fix =
      'somebody changed the role, or policies above it: cdk drift names it; put it back by hand, or deploy a change of it; docs/runbooks/rotation-held.md';
    problem(`the ${role} may not ${action} on ${resource}: ${why}`, fix);
  }
  return found;
}
