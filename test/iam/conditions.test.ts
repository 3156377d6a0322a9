/** The truth tables of the IAM User Guide's pages on condition operators and on keys with several values. */
import { describe, expect, test } from 'vitest';
import { type Context, holds } from './conditions.ts';

const [A, B] = ['arn:aws:iam::111122223333:role/a', 'arn:aws:iam::111122223333:role/b'];
type Values = string | string[];
const verdict = (operator: string, values: Values, value: Context[string]) =>
  holds({ operator, key: 'k', values: [values].flat() }, { k: value });

describe('an operator', () => {
  test.for<[operator: string, policy: Values, request: string | null, holds: boolean | 'throws']>([
    ['StringEquals', 'a', 'a', true],
    ['StringEquals', 'a', 'A', false],
    ['StringEquals', 'a*', 'ab', false],
    ['StringEquals', ['a', 'b'], 'b', true],
    ['StringEquals', 'a', null, false],
    ['StringEqualsIfExists', 'a', null, true],
    ['StringEqualsIfExists', 'a', 'b', false],
    ['StringEqualsIgnoreCase', 'a', 'A', true],
    ['StringNotEqualsIgnoreCase', 'a', 'A', false],
    ['StringLike', 'a?c*', 'abc/d:e', true],
    ['StringLike', 'a?c', 'ac', false],
    ['StringLike', 'a.c', 'abc', false],
    ['StringNotLike', 'a*', 'b', true],
    // A negated operator is NOR over its values, and true without the key.
    ['StringNotEquals', ['a', 'b'], 'b', false],
    ['StringNotEquals', ['a', 'b'], 'c', true],
    ['StringNotEquals', 'a', null, true],
    ['ArnEquals', A, A, true],
    ['ArnEquals', 'arn:aws:iam::*:role/?', A, true],
    ['ArnLike', 'arn:aws:iam::111122223333:*', A, true],
    ['ArnLike', 'arn:*:role/a', A, 'throws'],
    ['ArnLike', 'arn:aws:*:*:111122223333:role/a', A, true],
    ['ArnEquals', 'arn:aws:iam::111122223333:role/A', A, false],
    ['ArnEquals', A, 'no ARN', false],
    ['ArnEquals', A, null, false],
    ['ArnNotEquals', [A, B], A, false],
    ['ArnNotEquals', [A, B], B, false],
    ['ArnNotEquals', B, A, true],
    ['ArnNotLike', [A, B], null, true],
    ['NumericEquals', '7', '7.0', true],
    ['NumericNotEquals', '7', '8', true],
    ['NumericLessThan', '30', '7', true],
    ['NumericLessThanEquals', '30', '30', true],
    ['NumericGreaterThan', '30', '30', false],
    ['NumericGreaterThanEquals', '30', '30', true],
    ['NumericGreaterThanEquals', '30', '7', false],
    ['NumericGreaterThanEquals', '30', null, false],
    ['NumericGreaterThanEqualsIfExists', '30', null, true],
    ['NumericEquals', 'seven', '7', 'throws'],
    ['Bool', 'false', 'False', true],
    ['Bool', 'false', 'true', false],
    ['Bool', 'false', null, false],
    ['BoolIfExists', 'false', null, true],
    ['Bool', 'no', 'true', 'throws'],
    ['Null', 'true', null, true],
    ['Null', 'true', 'a', false],
    ['Null', 'false', 'a', true],
    ['Null', 'false', null, false],
  ])('%s %j of %j: %s', ([operator, policy, request, expected]) => {
    const decide = () => verdict(operator, policy, request);
    if (expected === 'throws') expect(decide).toThrow();
    else expect(decide()).toBe(expected);
  });
});

describe('a key with several values', () => {
  test.for<[operator: string, policy: Values, request: string[] | string | null, holds: boolean]>([
    ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'], true],
    ['ForAllValues:StringEquals', ['a', 'b'], ['a'], true],
    ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
    ['ForAllValues:StringEquals', ['a'], 'a', true],
    // "Returns true if there are no context keys in the request", and for an empty string.
    ['ForAllValues:StringEquals', ['a'], null, true],
    ['ForAllValues:StringEquals', ['a'], '', true],
    ['ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'd'], true],
    ['ForAllValues:StringNotEquals', ['a', 'b'], ['a', 'c'], false],
    ['ForAllValues:StringLike', ['a*'], ['ab', 'ac'], true],
    ['ForAnyValue:StringEquals', ['a', 'b'], ['b', 'c'], true],
    ['ForAnyValue:StringEquals', ['a', 'b'], ['c'], false],
    ['ForAnyValue:StringEquals', ['a'], null, false],
    ['ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'c'], true],
    ['ForAnyValue:StringNotEquals', ['a', 'b'], ['a', 'b'], false],
    ['Null', 'false', ['a'], true],
  ])('%s %j of %j: %s', ([operator, policy, request, expected]) => {
    expect(verdict(operator, policy, request)).toBe(expected);
  });
});

describe('what is not known is no answer', () => {
  test.for(['DateLessThan', 'IpAddress', 'BinaryEquals', 'NullIfExists', 'ForAnyValue:StringEqualsIfExists', 'Equals'])(
    'operator %s',
    (operator) => expect(() => verdict(operator, 'a', 'a')).toThrow(`operator ${operator} is not evaluated`),
  );

  test('several values where one is expected', () => {
    expect(() => verdict('StringEquals', 'a', ['a', 'b'])).toThrow('needs ForAllValues or ForAnyValue');
  });

  test('a key that nobody has thought of', () => {
    const condition = { operator: 'StringNotEquals', key: 'aws:sourcevpc', values: ['a'] };
    expect(() => holds(condition, {})).toThrow('nothing is known of aws:sourcevpc');
  });

  test('but a tag that is not named is none', () => {
    const untagged = { 'aws:resourcetag/*': null, 'aws:resourcetag/team': 'a' };
    const condition = (key: string) => ({ operator: 'StringEquals', key: `aws:resourcetag/${key}`, values: ['a'] });
    expect(['team', 'owner'].map((key) => holds(condition(key), untagged))).toEqual([true, false]);
  });
});
