/**
 * Whether EventBridge would hand an event to a rule: as much of its patterns as ours use, and nothing else passes.
 * test/deploy asks an emulator that others wrote the same.
 *
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
type Members = Readonly<Record<string, unknown>>;
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws Error for an operator that is not known here */
export function matches(pattern: Members, event: unknown): boolean {
  const members = isMembers(event) ? event : {};
  return Object.entries(pattern).every(([name, expected]) => {
    if (name === '$or') return (expected as Members[]).some((one) => matches(one, event));
    // Of a list of objects any one will do.
    if (isMembers(expected)) return [members[name]].flat().some((one) => matches(expected, one));
    return (expected as unknown[]).some((rule) => fits(rule, members[name]));
  });
}

function fits(rule: unknown, value: unknown): boolean {
  if (!isMembers(rule)) return [value].flat().includes(rule);
  const [[operator, argument] = []] = Object.entries(rule);
  if (operator === 'exists') return (value !== undefined) === argument;
  // Of a member that is not there nothing can be said: it does not match.
  if (operator === 'anything-but') return value !== undefined && ![argument].flat().includes(value);
  throw new Error(`${operator} is not known here`);
}
