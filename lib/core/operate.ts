/** What a person may ask of a running issuer, and in which form: each operation with exactly its members. */
import { type BurnReport, burn } from './burn.ts';
import { type CloseReport, close } from './close.ts';
import type { Policy } from './config.ts';
import { KeyturnError } from './errors.ts';
import { readForeignKeys } from './foreign-keys.ts';
import { recover } from './recover.ts';
import type { RotatorPorts, TickReport } from './rotate.ts';
import { importForeign, releaseKey, retainKey, rotateNow, unimport } from './wishes.ts';

export type OperateReport = TickReport | BurnReport | CloseReport;

interface Operation {
  readonly members: readonly string[];
  run(ports: RotatorPorts, policy: Policy, input: Input): Promise<OperateReport>;
}

/** A new operation is a row here. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  /** `{ "operation": "rotate", "reason": "key ceremony" }` */
  rotate: {
    members: ['reason'],
    run: (ports, policy, input) => rotateNow(ports, policy, input.text('reason')),
  },
  /** `{ "operation": "burn", "kid": "…" | "all": true, "reason": "laptop stolen", "flush": false }` */
  burn: {
    members: ['kid', 'all', 'reason', 'flush'],
    run: (ports, policy, input) => {
      const all = input.flag('all');
      if (all === input.has('kid')) throw new KeyturnError('invalid_member', 'burn takes either kid or "all": true');
      const kids = all ? ('all' as const) : [input.text('kid')];
      return burn(ports, policy, { kids, reason: input.text('reason'), flush: input.flag('flush') });
    },
  },
  /** `{ "operation": "retain", "kid": "…" }` */
  retain: { members: ['kid'], run: (ports, policy, input) => retainKey(ports, policy, input.text('kid')) },
  release: { members: ['kid'], run: (ports, policy, input) => releaseKey(ports, policy, input.text('kid')) },
  /** `{ "operation": "import", "keys": [JWK, …], "until": 1795373027, "source": "https://…" }` */
  import: {
    members: ['keys', 'until', 'source'],
    run: (ports, policy, input) => {
      const keys = readForeignKeys(input.value('keys'), policy);
      return importForeign(ports, policy, keys, { until: input.instant('until'), source: input.text('source') });
    },
  },
  unimport: { members: ['kid'], run: (ports, policy, input) => unimport(ports, policy, input.text('kid')) },
  /** `{ "operation": "recover", "without": ["kid", …] }`, after the table was restored or lost. */
  recover: {
    members: ['without'],
    run: (ports, policy, input) => recover(ports, policy, input.has('without') ? input.texts('without') : []),
  },
  /** `{ "operation": "close", "reason": "stack deleted" }`, where the stack's removal policy allows it. */
  close: {
    members: ['reason'],
    run: (ports, policy, input) => close(ports, policy, input.text('reason')),
  },
};

/** @throws KeyturnError `operation_unknown`, `unknown_member`, `invalid_member`, and what the operation throws */
export async function operate(
  ports: RotatorPorts,
  policy: Policy,
  event: unknown,
  { mayClose = false, mayImport = false } = {},
): Promise<OperateReport> {
  const { operation, ...members } = Object(event) as Record<string, unknown>;
  const known = Object.keys(OPERATIONS).join(', ');
  const found =
    typeof operation === 'string' && Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
  if (!found)
    throw new KeyturnError('operation_unknown', `operation must be one of ${known}, got ${JSON.stringify(operation)}`);
  for (const name of Object.keys(members)) {
    if (found.members.includes(name)) continue;
    const expected = found.members.length > 0 ? `the members ${found.members.join(', ')}` : 'no other members';
    throw new KeyturnError('unknown_member', `${operation} has ${expected}, got ${name}`);
  }
  if (found === OPERATIONS.close && !mayClose) {
    throw new KeyturnError(
      'transition_refused',
      'only a stack whose removal policy is DESTROY closes its issuer, and when it is deleted; this one keeps its state',
    );
  }
  // Whoever may operate could otherwise publish a key that he holds himself, and sign with it.
  if (found === OPERATIONS.import && !mayImport) {
    throw new KeyturnError(
      'transition_refused',
      'only an issuer that was deployed with allowImport takes keys of others',
    );
  }
  return found.run(ports, policy, new Input(members));
}

class Input {
  readonly #members: Record<string, unknown>;

  constructor(members: Record<string, unknown>) {
    this.#members = members;
  }

  has(name: string): boolean {
    return this.#members[name] !== undefined;
  }

  value(name: string): unknown {
    return this.#members[name];
  }

  /** Seconds since 1970. */
  instant(name: string): number {
    const value = this.#members[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new KeyturnError('invalid_member', `${name} must be seconds since 1970`, { path: `/${name}` });
  }

  /** It goes to the log and to the keyring. */
  text(name: string): string {
    const value = this.#members[name];
    if (typeof value === 'string' && value.trim() !== '' && value.length <= 200) return value;
    throw new KeyturnError('invalid_member', `${name} must be a text of 1 to 200 characters`, { path: `/${name}` });
  }

  texts(name: string): string[] {
    const value = this.#members[name];
    if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return value;
    throw new KeyturnError('invalid_member', `${name} must be an array of texts`, { path: `/${name}` });
  }

  flag(name: string): boolean {
    const value = this.#members[name] ?? false;
    if (typeof value === 'boolean') return value;
    throw new KeyturnError('invalid_member', `${name} must be true or false`, { path: `/${name}` });
  }
}
