/** A statement with one thing less: what is not missed then, nobody needs. */
import type { Statement } from './policy.ts';

export interface Reduction {
  /** The statement, and what is taken from it where that is not all. */
  readonly what: string;
  readonly id: string;
  /** What is left of it. */
  readonly of?: Statement;
}

/** Each action, resource and value of a condition; the statement as a whole where it has only one of each. */
export function lessAllowed(statement: Statement): Reduction[] {
  const { id, actions, resources, conditions } = statement;
  const without = <T>(all: readonly T[], one: T) => all.filter((other) => other !== one);
  const several = [
    ...each(actions.patterns, (one) => ({
      ...statement,
      actions: { ...actions, patterns: without(actions.patterns, one) },
    })),
    ...each(resources.patterns, (one) => ({
      ...statement,
      resources: { ...resources, patterns: without(resources.patterns, one) },
    })),
    ...conditions
      // Without one of its values a negated condition lets more through.
      .filter(({ operator }) => !operator.includes('Not'))
      .flatMap((condition) =>
        each(condition.values, (one) => ({
          ...statement,
          conditions: conditions.map((other) =>
            other === condition ? { ...condition, values: without(condition.values, one) } : other,
          ),
        })),
      ),
  ].map(([what, of]) => ({ what: `${id}: ${what}`, id, of }));
  return several.length > 0 ? several : [{ what: id, id }];
}

/** Each of its conditions, without which it would allow more, or deny more. */
export const lessConditional = (statement: Statement): Reduction[] =>
  statement.conditions.map((condition) => ({
    what: `${statement.id}: ${condition.operator} ${condition.key}`,
    id: statement.id,
    of: { ...statement, conditions: statement.conditions.filter((other) => other !== condition) },
  }));

/** Of one there is nothing to choose. */
const each = (all: readonly string[], reduced: (one: string) => Statement): [what: string, of: Statement][] =>
  all.length > 1 ? all.map((one) => [one, reduced(one)]) : [];
