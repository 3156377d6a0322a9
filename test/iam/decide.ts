/**
 * Whether AWS lets a request through: the identity policies of who asks and the policy of what is asked for, in one
 * account and between two. Left out, since no template of ours has them: permissions boundaries, session policies,
 * SCPs and RCPs, which only take away; ACLs, which BucketOwnerEnforced turns off; KMS grants, which a key denies.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
 */
import { type Context, holds } from './conditions.ts';
import { matchesAction, matchesResource } from './patterns.ts';
import type { Statement } from './policy.ts';

/** A role by its ARN, or a service by its name. */
export type Principal = { readonly arn: string } | { readonly service: string };

export interface Request {
  readonly principal: Principal;
  readonly action: string;
  /** `*` where the action takes none. */
  readonly resource: string;
  readonly context: Context;
}

export interface ResourcePolicy {
  /** Whose the resource is. */
  readonly account: string;
  readonly statements: readonly Statement[];
  /**
   * Keys and roles are reached by their own policy only: an identity policy counts where that says so.
   * https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
   */
  readonly isTheOnlyWay: boolean;
}

export interface Decision {
  readonly allowed: boolean;
  /** The statements that deny, or without any those that allow. */
  readonly because: readonly Statement[];
}

export function decide(
  request: Request,
  identity: readonly Statement[],
  resource: ResourcePolicy | undefined,
): Decision {
  const ofIdentity = identity.filter((statement) => applies(statement, request));
  const ofResource = (resource?.statements ?? [])
    .map((statement) => ({ statement, reach: reach(statement, request.principal) }))
    .filter(({ statement, reach }) => reach !== 'nobody' && applies(statement, request));

  const all = [...ofIdentity, ...ofResource.map(({ statement }) => statement)];
  const denials = all.filter(({ effect }) => effect === 'Deny');
  if (denials.length > 0) return { allowed: false, because: denials };

  const direct = ofResource.some(({ reach }) => reach === 'principal');
  // An account in a resource's policy hands the decision to the identity policies of that account.
  const handedOn = ofResource.some(({ reach }) => reach === 'account');
  const own = ofIdentity.length > 0;
  const account = 'arn' in request.principal ? request.principal.arn.split(':')[4] : undefined;
  const isForeign = resource !== undefined && account !== undefined && account !== resource.account;
  const allowed = isForeign ? own && (direct || handedOn) : direct || (own && (handedOn || !resource?.isTheOnlyWay));
  return { allowed, because: allowed ? all : [] };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
function reach({ id, principals = {} }: Statement, principal: Principal): 'principal' | 'account' | 'nobody' {
  const found = Object.entries(principals).flatMap(([type, names]) =>
    names.map((name) => {
      if (type === 'Service') return 'service' in principal && principal.service === name ? 'principal' : 'nobody';
      if (type !== 'AWS') throw new Error(`${id}: principals of type ${type} are not evaluated`);
      if (name === '*') return 'principal';
      if (name.includes('*')) throw new Error(`${id}: ${name} is no principal`);
      if (!('arn' in principal)) return 'nobody';
      const account = /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1];
      if (account !== undefined) return principal.arn.split(':')[4] === account ? 'account' : 'nobody';
      return principal.arn === name ? 'principal' : 'nobody';
    }),
  );
  return found.find((one) => one === 'principal') ?? found.find((one) => one === 'account') ?? 'nobody';
}

function applies({ actions, resources, conditions }: Statement, { action, resource, context }: Request): boolean {
  return (
    actions.patterns.some((pattern) => matchesAction(pattern, action)) !== actions.not &&
    resources.patterns.some((pattern) => matchesResource(pattern, resource)) !== resources.not &&
    // Each of them, so that an unknown key is found behind a condition that is false.
    conditions.map((condition) => holds(condition, context)).every(Boolean)
  );
}
