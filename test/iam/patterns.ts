/** What the wildcards of a policy match, each element by its own rule. */

const compiled = new Map<string, RegExp>();

/** `*` and `?` as regular expressions; everything else as it is. */
function expression(pattern: string, any: (isLast: boolean) => string, one: string, flags = ''): RegExp {
  const id = `${flags} ${one} ${pattern}`;
  const known = compiled.get(id);
  if (known) return known;
  const source = pattern.replaceAll(/[*?]|[^*?]+/g, (part, offset: number) => {
    if (part === '?') return one;
    if (part !== '*') return part.replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&');
    const next = pattern[offset + 1];
    return any(next === undefined || next === ':');
  });
  const made = new RegExp(`^${source}$`, `s${flags}`);
  compiled.set(id, made);
  return made;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html: StringLike. */
export const matchesText = (pattern: string, text: string): boolean => expression(pattern, () => '.*', '.').test(text);

/** Prefix and name are case-insensitive: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html */
export const matchesAction = (pattern: string, action: string): boolean =>
  expression(pattern, () => '.*', '.', 'i').test(action);

/**
 * Wildcards stay within a segment, but a `*` that ends one "can expand to match beyond the colon boundaries".
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export const matchesResource = (pattern: string, arn: string): boolean =>
  expression(pattern, (isLast) => (isLast ? '.*' : '[^:]*'), '[^:]').test(arn);

/** "Each of the six colon-delimited components of the ARN is checked separately": ArnEquals and ArnLike alike. */
export function matchesArn(pattern: string, arn: string): boolean {
  const [patterns, components] = [sixOf(pattern), sixOf(arn)];
  if (!patterns) throw new Error(`an Arn condition needs six components, got ${pattern}`);
  return components?.every((component, index) => matchesText(patterns[index] ?? '', component)) ?? false;
}

const sixOf = (arn: string): string[] | undefined =>
  /^([^:]*):([^:]*):([^:]*):([^:]*):([^:]*):(.*)$/s.exec(arn)?.slice(1);
