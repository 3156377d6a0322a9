/** An issuer whose keyring is not there: lost with its table, or never founded because each tick fails. */
import type { ServedJwks } from '../core/jwks.ts';
import type { TickRecord } from '../core/tick-record.ts';
import { type Finding, fixOfError } from './findings.ts';

/** What is left to look at. */
export interface Remains {
  readonly issuer: string;
  readonly tick: TickRecord | undefined;
  readonly edge: ServedJwks | undefined;
  /** Seconds since 1970. */
  readonly now: number;
}

/** Somebody could be asked, and it is not well. */
export class NoKeyringError extends Error {
  /** The tick's own, where it has failed. */
  readonly code: string;
  readonly remains: Remains;

  constructor(remains: Remains) {
    super(
      `${remains.issuer} has no keyring: ${findingsOfRemains(remains).map(({ what, fix }) => `${what}: ${fix}`)[0]}`,
    );
    this.code = remains.tick?.error?.code ?? 'keyring_missing';
    this.remains = remains;
  }
}

/** None: it has never been there. */
export function findingsOfRemains({ tick, edge }: Pick<Remains, 'tick' | 'edge'>): Finding[] {
  const found: Finding[] = [];
  const problem = (what: string, code: string) => found.push({ severity: 'problem', what, fix: fixOfError(code) });
  if (tick?.error) problem(`the last tick failed: ${tick.error.message} (${tick.error.code})`, tick.error.code);
  if (edge) problem(`the table holds no keyring, and the edge serves version ${edge.version}`, 'document_newer');
  return found;
}
