/**
 * Whether a statement's conditions hold for a request: all of them must, and of the values of each any one.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
 */
import { matchesArn, matchesText } from './patterns.ts';
import type { Condition } from './policy.ts';

/**
 * What is known of a request, by condition key in lower case. A key that the request does not have is there and null:
 * what is not there at all nobody has thought of, and an answer would be a guess. `aws:resourcetag/*` stands for every
 * tag that is not named.
 */
export type Context = Readonly<Record<string, string | readonly string[] | null>>;

type Match = (policyValue: string, requestValue: string) => boolean;

const number = (text: string): number => {
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`a Numeric condition compares numbers, got ${text}`);
  return Number(text);
};
const numeric = (compare: (request: number, policy: number) => boolean): Match => {
  return (policy, request) => compare(number(request), number(policy));
};
const ignoringCase: Match = (policy, request) => policy.toLowerCase() === request.toLowerCase();
const bool: Match = (policy, request) => {
  if (!/^(true|false)$/i.test(policy)) throw new Error(`a Bool condition is true or false, got ${policy}`);
  return ignoringCase(policy, request);
};

const OPERATORS: Readonly<Record<string, Match>> = {
  StringEquals: (policy, request) => policy === request,
  StringEqualsIgnoreCase: ignoringCase,
  StringLike: matchesText,
  ArnEquals: matchesArn,
  ArnLike: matchesArn,
  Bool: bool,
  NumericEquals: numeric((request, policy) => request === policy),
  NumericLessThan: numeric((request, policy) => request < policy),
  NumericLessThanEquals: numeric((request, policy) => request <= policy),
  NumericGreaterThan: numeric((request, policy) => request > policy),
  NumericGreaterThanEquals: numeric((request, policy) => request >= policy),
};
/** True when no value of the policy matches: NOR. */
const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
};

/** @throws Error for an operator that is not here, and for a key of which nothing is known */
export function holds(condition: Condition, context: Context): boolean {
  const { operator, key, values } = condition;
  const found = lookUp(key, context);
  if (operator === 'Null') return values.some((value) => bool(value, String(found === null)));

  const [, set, name = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const negated = Object.hasOwn(NEGATED, name);
  const match = OPERATORS[negated ? (NEGATED[name] as string) : name];
  if (match === undefined || (set && ifExists)) throw new Error(`operator ${operator} is not evaluated`);
  const one = (requestValue: string) => values.some((value) => match(value, requestValue)) !== negated;

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
  if (set === 'ForAllValues') return listOf(found).every(one);
  if (set === 'ForAnyValue') return listOf(found).some(one);
  // "If the key is not present in the request context, the values do not match": false, and true where that was asked.
  if (found === null) return negated || ifExists !== undefined;
  if (typeof found === 'string') return one(found);
  throw new Error(`${key} has several values: ${operator} needs ForAllValues or ForAnyValue`);
}

function lookUp(key: string, context: Context): string | readonly string[] | null {
  const name = [key, key.replace(/\/.*/, '/*')].find((one) => Object.hasOwn(context, one));
  if (name !== undefined) return context[name] ?? null;
  throw new Error(`nothing is known of ${key} in this request`);
}

/** An empty string is no value to a set operator. */
const listOf = (found: string | readonly string[] | null): readonly string[] =>
  [found ?? []].flat().filter((value) => value !== '');
