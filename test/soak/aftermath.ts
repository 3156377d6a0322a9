/** What verifiers make of a burn, judged by the burn's own answer: who accepts the burned key until when, and no longer. */
import type { BurnReport } from '../../lib/core/burn.ts';
import type { Exposure } from '../../lib/core/exposure.ts';
import type { Outcome } from './verifier.ts';

/** Of one verifier; instants in milliseconds, of a verification's beginning. */
export interface Exposed {
  readonly verifier: string;
  /** When it must have let go of the key. Infinity: it never met what would have made it. */
  readonly acceptsUntil: number;
  /** Whether that was the moment at which it verified the first token of the fresh key. */
  readonly byFreshKid: boolean;
  readonly acceptedBefore: number;
  readonly lastAccepted: number | undefined;
  readonly acceptedTooLate: number;
  /** Of tokens that had not expired, after it must have let go. */
  readonly rejectedInTheEnd: number;
  /** Until when it may reject tokens of the fresh key; 0: it may not. */
  readonly rejectsUntil: number;
  readonly rejectedAsAnnounced: number;
  readonly falselyRejected: number;
  readonly lastRejected: number | undefined;
  /** Of a false rejection, as an example. */
  readonly reason: string | undefined;
}

/** A kid that no key has: whoever fetches for an unknown one then holds the standby too. */
export const STRANGER = 'stranger';

export class Aftermath {
  askedAt = Number.POSITIVE_INFINITY;
  answeredAt = Number.POSITIVE_INFINITY;
  report: BurnReport | undefined;
  /** The longest time without a token since the burn was asked for. */
  longestPause = 0;
  readonly burned: string;
  readonly isFlushed: boolean;
  readonly #known: ReadonlySet<string>;
  readonly #seen: { readonly verifier: string; readonly outcome: Outcome }[] = [];
  #lastTokenAt = Date.now();

  /** `known`: the kids that were served before the burn. */
  constructor(burned: string, known: ReadonlySet<string>, isFlushed: boolean) {
    this.burned = burned;
    this.#known = known;
    this.isFlushed = isFlushed;
  }

  token(): void {
    const now = Date.now();
    if (now > this.askedAt) this.longestPause = Math.max(this.longestPause, now - this.#lastTokenAt);
    this.#lastTokenAt = now;
  }

  isFresh(kid: string): boolean {
    return kid !== STRANGER && !this.#known.has(kid);
  }

  see(verifier: string, outcome: Outcome): void {
    if (outcome.kid === this.burned || this.isFresh(outcome.kid)) this.#seen.push({ verifier, outcome });
  }

  /** Whether a rejection may be the burn's doing: then it is judged here, by what the burn has answered. */
  mayExcuse({ kid, endedAt }: Outcome): boolean {
    if (kid === STRANGER) return true;
    return kid === this.burned ? endedAt >= this.askedAt : this.isFresh(kid);
  }

  get summary() {
    const { burned, askedAt, answeredAt, longestPause, isFlushed, report, exposed } = this;
    return { burned, askedAt, answeredAt, longestPause, isFlushed, signing: report?.signing, exposed };
  }

  get exposed(): Exposed[] {
    return (this.report?.exposure ?? []).map((exposure) => this.#exposed(exposure));
  }

  #exposed({ verifier, acceptsBurnedUntil, rejectsFreshUntil = 0 }: Exposure): Exposed {
    const seen = this.#seen.filter((one) => one.verifier === verifier).map(({ outcome }) => outcome);
    const burned = seen.filter(({ kid }) => kid === this.burned);
    const accepted = burned.filter(({ reason }) => reason === undefined);
    const fresh = seen.filter(({ kid }) => this.isFresh(kid));
    const met = Math.min(...fresh.filter(({ reason }) => reason === undefined).map(({ endedAt }) => endedAt));
    const byFreshKid = typeof acceptsBurnedUntil !== 'number';
    const acceptsUntil = byFreshKid ? met : acceptsBurnedUntil * 1000;
    const rejected = fresh.filter(({ reason, isExpiry }) => reason !== undefined && !isExpiry);
    const announced = rejected.filter(({ startedAt }) => startedAt <= rejectsFreshUntil * 1000);
    return {
      verifier,
      acceptsUntil,
      byFreshKid,
      acceptedBefore: accepted.filter(({ endedAt }) => endedAt < this.askedAt).length,
      lastAccepted: latest(accepted),
      // One that began in time may end later.
      acceptedTooLate: accepted.filter(({ startedAt }) => startedAt > acceptsUntil).length,
      rejectedInTheEnd: burned.filter((one) => one.reason && !one.isExpiry && one.startedAt > acceptsUntil).length,
      rejectsUntil: rejectsFreshUntil * 1000,
      rejectedAsAnnounced: announced.length,
      falselyRejected: rejected.length - announced.length,
      lastRejected: latest(rejected),
      reason: rejected.find((outcome) => !announced.includes(outcome))?.reason,
    };
  }

  /** What must not be, one sentence each. */
  get faults(): string[] {
    const { report, burned, isFlushed } = this;
    if (!report) return ['there was no burn'];
    const faults: string[] = [];
    const add = (isFault: boolean, sentence: string) => isFault && faults.push(sentence);
    add(report.removedAt === undefined, 'the burned key was not removed at once');
    add(report.signing === undefined || report.signing === burned, 'no other key signs after the burn');
    const kind = isFlushed ? 'a fresh key must sign' : 'the standby must sign';
    add(this.isFresh(report.signing ?? burned) !== isFlushed, `after the burn ${kind}, another one does`);
    for (const { verifier, ...row } of this.exposed) {
      add(row.acceptedBefore === 0, `${verifier} never held the key that was burned`);
      add(row.acceptedTooLate > 0, `${verifier} accepted ${row.acceptedTooLate} tokens of the burned key too late`);
      add(row.rejectedInTheEnd === 0, `${verifier} was not seen to reject the burned key`);
      const rejected = row.falselyRejected + (isFlushed ? 0 : row.rejectedAsAnnounced);
      add(rejected > 0, `${verifier} falsely rejected ${rejected} tokens of the fresh key (${row.reason})`);
    }
    return faults;
  }
}

const latest = (outcomes: readonly Outcome[]): number | undefined =>
  outcomes.length === 0 ? undefined : Math.max(...outcomes.map(({ startedAt }) => startedAt));
