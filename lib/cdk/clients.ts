/** One client of an issuer: an alias of the sign function, with a function URL of its own, and who may call it. */
import { type Duration, Token, TokenComparison } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import {
  ArnPrincipal,
  Grant,
  type IGrantable,
  type IPrincipal,
  type IRole,
  PolicyStatement,
  Role,
} from 'aws-cdk-lib/aws-iam';
import {
  type Alias,
  type FunctionUrl,
  FunctionUrlAuthType,
  type Function as LambdaFunction,
} from 'aws-cdk-lib/aws-lambda';
import type { ClientRules } from '../core/clients.ts';
import { formatDuration } from '../core/duration.ts';
import { KeyturnError } from '../core/errors.ts';

/** What a client may ask for: literal strings, compared exactly. */
export interface ClientProps {
  /** Who calls: a role of this stack, or of any account by its ARN. A role of another account needs a policy there too. */
  readonly role: IRole;
  /** Whom its tokens may be for. */
  readonly audiences: readonly string[];
  /**
   * The `sub` of all its tokens.
   * @default - each request names one
   */
  readonly subject?: string;
  /**
   * Scopes that it may ask for.
   * @default - none
   */
  readonly scopes?: readonly string[];
  /**
   * Names of the claims that it may set, beside `sub`.
   * @default - none
   */
  readonly claims?: readonly string[];
  /**
   * Claims that every token of it has.
   * @default - none
   */
  readonly fixedClaims?: Readonly<Record<string, unknown>>;
  /**
   * The longest lifetime that it may ask for, and that its tokens have by default if it is shorter than `tokenLifetime`. At
   * most `maxTokenLifetime`.
   * @default - `maxTokenLifetime`
   */
  readonly maxLifetime?: Duration;
}

/** A client as the issuer has it. */
export interface IssuerClient {
  readonly name: string;
  /** What it invokes directly: the alias' ARN as `FunctionName`. */
  readonly alias: Alias;
  /** Where it posts to, signed for the service `lambda`. */
  readonly url: FunctionUrl;
  /**
   * Its tokens, where the issuer has `clientMetrics`.
   * @default - sum over 5 minutes
   */
  metricTokens(options?: MetricOptions): Metric;
  /**
   * Its requests that were refused, where the issuer has `clientMetrics`.
   * @default - sum over 5 minutes
   */
  metricRefusals(options?: MetricOptions): Metric;
}

/**
 * The rules as the sign function's asset has them.
 * @param longest the policy's `maxTokenLifetime`, in seconds
 * @throws KeyturnError `policy_invalid` for what is known only at deployment, and for a lifetime that no token could have
 */
export function rulesOf(name: string, { role: _, maxLifetime, ...rules }: ClientProps, longest: number): ClientRules {
  if (![name, rules].every(isLiteral) || maxLifetime?.isUnresolved()) {
    const why = 'they are compared as they stand in the function, and reviewed as they stand in git';
    throw new KeyturnError('policy_invalid', `the rules of client ${name} must be literal, got a CDK token: ${why}`);
  }
  const seconds = maxLifetime?.toSeconds();
  if (seconds !== undefined && seconds > longest) {
    const [most, got] = [longest, seconds].map(formatDuration);
    throw new KeyturnError(
      'policy_invalid',
      `clients.${name}.maxLifetime must be at most maxTokenLifetime, ${most}, got ${got}`,
    );
  }
  const given = Object.entries(rules).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(given) as unknown as ClientRules),
    ...(seconds !== undefined && { maxLifetime: formatDuration(seconds) }),
  };
}

/** Encoded in strings, numbers and lists, wherever they stand, names included. */
function isLiteral(value: unknown): boolean {
  if (Token.isUnresolved(value)) return false;
  return typeof value !== 'object' || value === null || Object.entries(value).flat().every(isLiteral);
}

/**
 * An alias that can be called in both ways. Two resources each, and two more for a caller of another account: a stack takes
 * 500, and a hundred clients have to fit.
 */
export function addCallable(signFunction: LambdaFunction, name: string): { alias: Alias; url: FunctionUrl } {
  const alias = signFunction.addAlias(name);
  return { alias, url: alias.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM }) };
}

/**
 * Direct Invoke and the function URL, of this alias and no other. Who is not a principal of this account and this app
 * gets it by the alias' own policy, which is enough within an account and one half of it across accounts.
 */
export function grantCalls(alias: Alias, grantee: IGrantable): Grant {
  const principal = reached(alias, grantee.grantPrincipal);
  const invoke = new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [alias.functionArn] });
  // https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html: a caller of the URL needs both.
  const atUrl = new PolicyStatement({
    actions: ['lambda:InvokeFunctionUrl'],
    resources: [alias.functionArn],
    conditions: { StringEquals: { 'lambda:FunctionUrlAuthType': FunctionUrlAuthType.AWS_IAM } },
  });
  const added = [invoke, atUrl].map((statement) => principal.addToPrincipalPolicy(statement).statementAdded);
  if (added.every(Boolean)) return Grant.drop(grantee, 'added to the principal');
  const id = `Calls${alias.node.children.length}`;
  const functionUrlAuthType = FunctionUrlAuthType.AWS_IAM;
  alias.addPermission(id, { principal, action: 'lambda:InvokeFunction' });
  alias.addPermission(`${id}Url`, { principal, action: 'lambda:InvokeFunctionUrl', functionUrlAuthType });
  return Grant.drop(grantee, 'added to the alias');
}

/**
 * A role by its ARN may be of any account, and one of another environment cannot name this alias: what an inline policy
 * does not reach, the alias' own does.
 */
function reached(alias: Alias, principal: IPrincipal): IPrincipal {
  const { roleArn, env } = principal as Partial<IRole>;
  if (roleArn === undefined || (principal instanceof Role && env && isSame(env, alias.env))) return principal;
  return new ArnPrincipal(roleArn);
}

/** What is known only at deployment is one and the same for a whole app. */
const isSame = (one: Role['env'], other: Role['env']): boolean =>
  (['account', 'region'] as const).every((part) =>
    [TokenComparison.SAME, TokenComparison.BOTH_UNRESOLVED].includes(Token.compareStrings(one[part], other[part])),
  );
