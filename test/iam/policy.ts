/**
 * A policy document as the evaluator reads it. What it does not know it refuses: an element that is passed over could
 * be the one that denies.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */

export interface Condition {
  /** As written, with its prefix and suffix: `ForAllValues:StringEquals`, `BoolIfExists`. */
  readonly operator: string;
  /** In lower case: the names of condition keys are not case-sensitive. */
  readonly key: string;
  readonly values: readonly string[];
}

export interface Statement {
  /** Whose it is and which: `Bucket NobodyDeletes`. */
  readonly id: string;
  readonly effect: 'Allow' | 'Deny';
  /** By type; `undefined` in an identity policy, whose principal is who has it. */
  readonly principals?: Readonly<Record<string, readonly string[]>>;
  /** Whether the pattern matches, or none of them does (`NotAction`, `NotResource`). */
  readonly actions: { readonly not: boolean; readonly patterns: readonly string[] };
  readonly resources: { readonly not: boolean; readonly patterns: readonly string[] };
  readonly conditions: readonly Condition[];
}

type Json = Readonly<Record<string, unknown>>;

const ELEMENTS = ['Sid', 'Effect', 'Principal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

/** `onResource`: of a bucket, a key, a role's trust, which name their principals. */
export function statementsOf(owner: string, document: unknown, kind: 'onResource' | 'onIdentity'): Statement[] {
  const { Version, Id: _, Statement: statements, ...rest } = document as Json;
  // Only this version has policy variables, so only here it is sure that `${` is refused and not meant.
  if (Version !== '2012-10-17') throw new Error(`${owner}: Version must be 2012-10-17, got ${Version}`);
  refuseOthers(owner, rest, []);
  return list(statements).map((statement) => readStatement(owner, statement as Json, kind));
}

function readStatement(owner: string, statement: Json, kind: 'onResource' | 'onIdentity'): Statement {
  const { Sid, Effect: effect, Principal, Condition: condition = {} } = statement;
  const id = `${owner} ${Sid ?? `${effect} ${list(statement.Action ?? statement.NotAction).join(',')}`}`;
  refuseOthers(id, statement, ELEMENTS);
  if (effect !== 'Allow' && effect !== 'Deny') throw new Error(`${id}: Effect ${effect}`);
  if ((Principal === undefined) === (kind === 'onResource')) throw new Error(`${id}: Principal ${Principal}`);
  return {
    id,
    effect,
    ...(Principal !== undefined && { principals: readPrincipals(Principal) }),
    actions: readPatterns(id, statement, 'Action'),
    // A trust policy has none: it is about its own role.
    resources:
      kind === 'onResource' && !statement.NotResource && !statement.Resource
        ? { not: false, patterns: ['*'] }
        : readPatterns(id, statement, 'Resource'),
    conditions: Object.entries(condition as Record<string, Json>).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => ({
        operator,
        key: key.toLowerCase(),
        values: list(values).map((value) => text(id, value)),
      })),
    ),
  };
}

function readPatterns(id: string, statement: Json, element: 'Action' | 'Resource') {
  const not = statement[element] === undefined;
  const patterns = list(not ? statement[`Not${element}`] : statement[element]).map((value) => text(id, value));
  if (patterns.length === 0) throw new Error(`${id}: no ${element}`);
  return { not, patterns };
}

/** `"*"` is `{ "AWS": "*" }`. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
function readPrincipals(principal: unknown): Record<string, string[]> {
  const byType = principal === '*' ? { AWS: '*' } : (principal as Json);
  return Object.fromEntries(Object.entries(byType).map(([type, values]) => [type, list(values).map(String)]));
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html: none of ours has any. */
function text(id: string, value: unknown): string {
  if (!['string', 'number', 'boolean'].includes(typeof value)) throw new Error(`${id}: ${JSON.stringify(value)}`);
  if (String(value).includes('${')) throw new Error(`${id}: policy variables are not evaluated: ${value}`);
  return String(value);
}

function refuseOthers(id: string, object: Json, known: readonly string[]): void {
  const unknown = Object.keys(object).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`${id}: ${unknown} is not evaluated`);
}

const list = (value: unknown): unknown[] => (value === undefined ? [] : [value].flat());
