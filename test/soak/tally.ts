/** What a run has seen, and which of it counts as a fault. */
import type { Aftermath } from './aftermath.ts';
import { HABITS } from './habits.ts';
import type { Token } from './load.ts';
import type { Outcome } from './verifier.ts';

/** Reasons are examples: so many of each kind are kept. */
const EXAMPLES = 5;

export interface Verifications {
  verified: number;
  falselyRejected: number;
  /** Began when the token had expired: says nothing. */
  late: number;
  readonly reasons: string[];
}

export class Tally {
  signed = 0;
  signErrors = 0;
  readonly signReasons: string[] = [];
  readonly kids = new Set<string>();
  activations = 0;
  retirements = 0;
  failedTicks = 0;
  readonly tickReasons: string[] = [];
  /** When the standby was first seen at the edge, in milliseconds; none while there is no standby. */
  standbyAt: number | undefined;
  /** Of the burn, once one is prepared. */
  aftermath: Aftermath | undefined;
  readonly verifiers: ReadonlyMap<string, Verifications> = new Map(
    HABITS.map(({ name }) => [name, { verified: 0, falselyRejected: 0, late: 0, reasons: [] }]),
  );
  readonly #leewaySeconds: number;

  constructor(leewaySeconds: number) {
    this.#leewaySeconds = leewaySeconds;
  }

  /** The first activation is none: nobody signed before. */
  get rotations(): number {
    return Math.max(0, this.activations - 1);
  }

  get verified(): number {
    return this.#sum('verified');
  }

  get falselyRejected(): number {
    return this.#sum('falselyRejected');
  }

  token({ kid }: Token): void {
    this.signed += 1;
    this.kids.add(kid);
    this.aftermath?.token();
  }

  signError(reason: string): void {
    this.signErrors += 1;
    keep(this.signReasons, reason);
  }

  /** With what a tick has thrown, if it has. */
  tick(error?: string): void {
    if (error === undefined) return;
    this.failedTicks += 1;
    keep(this.tickReasons, error);
  }

  /** A line of any function's log. */
  logged(line: string): void {
    const { event, step } = readLine(line);
    if (event !== 'step') return;
    if (step === 'observe') this.standbyAt = Date.now();
    if (step === 'activate') {
      this.activations += 1;
      this.standbyAt = undefined;
    }
    if (step === 'retire') this.retirements += 1;
  }

  outcome(verifier: string, outcome: Outcome): void {
    const row = this.verifiers.get(verifier);
    if (!row) return;
    const verdict = judge(outcome, this.#leewaySeconds);
    this.aftermath?.see(verifier, outcome);
    // Whether a burn excuses a rejection is known when the burn has answered.
    if (verdict === 'falselyRejected' && this.aftermath?.mayExcuse(outcome)) return;
    row[verdict] += 1;
    if (verdict !== 'falselyRejected') return;
    const left = ((outcome.expiresAt * 1000 - outcome.startedAt) / 1000).toFixed(2);
    keep(row.reasons, `${outcome.reason} (kid ${outcome.kid.slice(0, 8)}, ${left} s before exp)`);
  }

  #sum(verdict: Verdict): number {
    return [...this.verifiers.values()].reduce((sum, row) => sum + row[verdict], 0);
  }
}

type Verdict = 'verified' | 'falselyRejected' | 'late';

/**
 * A token that was alive when its verification began must be accepted. Only a verification that took so long that the
 * token died meanwhile, leeway included, may say so.
 */
function judge({ expiresAt, startedAt, endedAt, reason, isExpiry }: Outcome, leewaySeconds: number): Verdict {
  if (startedAt >= expiresAt * 1000) return 'late';
  if (reason === undefined) return 'verified';
  return isExpiry && endedAt >= (expiresAt + leewaySeconds) * 1000 ? 'late' : 'falselyRejected';
}

function keep(examples: string[], example: string): void {
  if (examples.length < EXAMPLES) examples.push(example);
}

function readLine(line: string): { event?: unknown; step?: unknown } {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}
