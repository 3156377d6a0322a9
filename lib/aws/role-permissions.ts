/** Whether a role may do what it must, by IAM's own simulator: its policies, permissions boundary and the organization's. */
import {
  type ContextEntry,
  type EvaluationResult,
  type IAMClient,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import type { Need } from './role-needs.ts';

export interface Denied {
  readonly action: string;
  readonly resource: string;
  readonly why: string;
}

/** What of it is denied. @throws what the SDK throws, so also where who asks may not ask */
export async function deniedTo(iam: Pick<IAMClient, 'send'>, roleArn: string, needs: readonly Need[]) {
  const denied: Denied[] = [];
  // One after the other: IAM throttles early.
  for (const { actions, resource, context } of needs) {
    const { EvaluationResults = [] } = await iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: roleArn,
        ActionNames: [...actions],
        ResourceArns: [resource],
        ContextEntries: Object.entries(context).map(entry),
      }),
    );
    for (const result of EvaluationResults) {
      if (result.EvalDecision === 'allowed') continue;
      denied.push({ action: result.EvalActionName ?? actions.join(', '), resource, why: reason(result) });
    }
  }
  return denied;
}

function entry([ContextKeyName, value]: [string, string | readonly string[]]): ContextEntry {
  const values = [value].flat();
  const ContextKeyType = Array.isArray(value) ? 'stringList' : typeOf(values[0] ?? '');
  return { ContextKeyName, ContextKeyType, ContextKeyValues: values };
}

const typeOf = (value: string) =>
  /^\d+$/.test(value) ? 'numeric' : /^(true|false)$/.test(value) ? 'boolean' : 'string';

function reason({ EvalDecision, OrganizationsDecisionDetail, PermissionsBoundaryDecisionDetail }: EvaluationResult) {
  if (OrganizationsDecisionDetail?.AllowedByOrganizations === false) return 'a policy of the organization denies it';
  if (PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false)
    return 'its permissions boundary denies it';
  return EvalDecision === 'explicitDeny' ? 'a policy denies it' : 'no policy allows it';
}
