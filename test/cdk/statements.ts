/** Every policy statement of a template, with whose it is. */
import type { Template } from 'aws-cdk-lib/assertions';

export interface Statement {
  /** The role's or the resource's logical id. */
  readonly owner: string;
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  /** As text: intrinsic functions as JSON. */
  readonly resources: readonly string[];
  readonly condition: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Document {
  readonly Statement: readonly Record<string, unknown>[];
}
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** Wherever they stand: in a role's, in a bucket's, in the table's own. */
function documentsIn(value: unknown): Document[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('Statement' in value) return [{ Statement: list(value.Statement) } as Document];
  return Object.values(value).flatMap(documentsIn);
}

export function statementsOf(template: Template): Statement[] {
  const { Resources } = template.toJSON() as {
    Resources: Record<string, { Properties?: Record<string, unknown> }>;
  };
  return Object.entries(Resources).flatMap(([id, { Properties = {} }]) => {
    const owners = list(Properties.Roles).map((role) => (role as { Ref: string }).Ref);
    return documentsIn(Properties).flatMap((document) =>
      document.Statement.map((statement) => ({
        owner: owners[0] ?? id,
        sid: statement.Sid as string | undefined,
        effect: statement.Effect as Statement['effect'],
        actions: list(statement.Action).map(text),
        resources: list(statement.Resource).map(text),
        condition: (statement.Condition ?? {}) as Statement['condition'],
      })),
    );
  });
}
