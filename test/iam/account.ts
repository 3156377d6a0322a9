/** Every policy of an account that decides about an issuer, as the synthesized template and the run's keys have them. */
import { ACCOUNT } from '../../lib/local/wire.ts';
import { type Attachment, attachments } from './attachments.ts';
import { type Decision, decide, type Request, type ResourcePolicy } from './decide.ts';
import { type Statement, statementsOf } from './policy.ts';
import type { Resolved } from './template.ts';

export interface Changes {
  /** To see what a statement is for: another one in its place, or none. */
  readonly instead?: { readonly id: string; readonly of?: Statement };
  /** To see what a Deny is for: whatever else somebody may have allowed. */
  readonly allowingAllElse?: boolean;
}

/** The most that somebody may attach to a role, and the most that he may put into a resource's policy. */
const ALL = { not: false, patterns: ['*'] };
const EVERYTHING: Statement = { id: 'Everything', effect: 'Allow', actions: ALL, resources: ALL, conditions: [] };
const TO_EVERYBODY: Statement = { ...EVERYTHING, id: 'Everything to everybody', principals: { AWS: ['*'] } };

export class Account {
  readonly #identities = new Map<string, Statement[]>();
  readonly #resources = new Map<string, ResourcePolicy>();

  constructor(template: Resolved) {
    for (const attachment of attachments(template)) this.attach(attachment);
  }

  /** Adds to what is there: to a role, or to a resource's own policy. */
  attach({ to, owner, kind, document, isTheOnlyWay = false }: Attachment): void {
    const statements = statementsOf(owner, document, kind);
    if (kind === 'onIdentity') {
      this.#identities.set(to, distinct([...(this.#identities.get(to) ?? []), ...statements]));
      return;
    }
    const present = this.#resources.get(to)?.statements ?? [];
    this.#resources.set(to, { account: ACCOUNT, statements: distinct([...present, ...statements]), isTheOnlyWay });
  }

  /** The keys of one issuer have one owner here, so that a statement of their policies has one name. */
  addKey(arn: string, owner: string, document: unknown): void {
    const statements = statementsOf(owner, document, 'onResource');
    const present = this.#resources.get(arn)?.statements ?? statements;
    if (JSON.stringify(present) !== JSON.stringify(statements)) throw new Error(`${arn} has two policies`);
    this.#resources.set(arn, { account: ACCOUNT, statements, isTheOnlyWay: true });
  }

  get roleArns(): string[] {
    return [...this.#identities.keys()];
  }

  /** Each once: all keys of an issuer have the same ones by their ids. */
  get statements(): Statement[] {
    const all = [...this.#identities.values(), ...[...this.#resources.values()].map(({ statements }) => statements)];
    return [...new Map(all.flat().map((statement) => [statement.id, statement])).values()];
  }

  decide(request: Request, { instead, allowingAllElse = false }: Changes = {}): Decision {
    const changed = (statements: readonly Statement[]): readonly Statement[] =>
      instead ? statements.flatMap((one) => (one.id === instead.id ? (instead.of ?? []) : one)) : statements;
    const { principal } = request;
    const identity = 'arn' in principal ? this.#identities.get(principal.arn) : [];
    if (!identity) throw new Error(`nothing is known of the policies of ${'arn' in principal && principal.arn}`);
    const resource = this.#policyOf(request);
    return decide(
      request,
      [...changed(identity), ...(allowingAllElse && 'arn' in principal ? [EVERYTHING] : [])],
      resource && {
        ...resource,
        statements: [...changed(resource.statements), ...(allowingAllElse ? [TO_EVERYBODY] : [])],
      },
    );
  }

  #policyOf({ action, resource: arn }: Request): ResourcePolicy | undefined {
    // Who a role trusts is about taking it, and nothing else.
    if (arn.startsWith('arn:aws:iam:') && !action.startsWith('sts:')) return undefined;
    // An object is under its bucket's policy.
    const found = this.#resources.get(arn.startsWith('arn:aws:s3:::') ? arn.replace(/\/.*/s, '') : arn);
    if (found) return found;
    if (arn.startsWith('arn:aws:kms:')) throw new Error(`nothing is known of the policy of ${arn}`);
    // Without a policy of its own it is still somebody's: another account needs both.
    return arn === '*' ? undefined : { account: ACCOUNT, statements: [], isTheOnlyWay: false };
  }
}

/** What the library grants has no Sid, so two statements can have one name. */
function distinct(statements: readonly Statement[]): Statement[] {
  const seen = new Map<string, number>();
  return statements.map((statement) => {
    const id = statement.id.replace(/ \(\d+\)$/, '');
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    return count === 1 ? { ...statement, id } : { ...statement, id: `${id} (${count})` };
  });
}
