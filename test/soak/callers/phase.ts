/** A stretch of the run, what the callers met in it, and what of that nothing announces. */

interface Failure {
  /** Milliseconds since 1970, of the call's end. */
  readonly at: number;
  readonly reason: string;
}

export class Phase {
  readonly name: string;
  readonly startedAt = Date.now();
  seconds = 0;
  /** Calls of the API with a token, by all callers. */
  calls = 0;
  slowestMs = 0;
  /** Answers of the issuer: with a token, and with a refusal that may pass. */
  issued = 0;
  turnedAway = 0;
  canaries = 0;
  /** Signatures that the sign function asked KMS for. */
  signatures = 0;
  readonly kids = new Set<string>();
  /** Those that signed in the phase before, in the order in which they did. */
  readonly before: ReadonlySet<string>;
  /** Until when a call may fail, in milliseconds since 1970: by what a burn has answered. */
  announcedUntil = 0;
  readonly #failures: Failure[] = [];
  readonly #bySecond: number[] = [];

  constructor(name: string, before: ReadonlySet<string> = new Set()) {
    this.name = name;
    this.before = before;
  }

  get hasNewKey(): boolean {
    return [...this.kids].some((kid) => !this.before.has(kid));
  }

  /** How many tokens were asked of the issuer in its busiest second. */
  get busiest(): number {
    return Math.max(0, ...Object.values(this.#bySecond));
  }

  /** Part of the calls for which a token was at hand. */
  get atHand(): number {
    return this.calls === 0 ? 0 : Math.max(0, 1 - this.issued / this.calls);
  }

  get failed(): number {
    return this.#failures.length;
  }

  get unannounced(): readonly Failure[] {
    return this.#failures.filter(({ at }) => at > this.announcedUntil);
  }

  /** With why it failed, if it did. */
  called(startedAt: number, reason: string | undefined): void {
    this.calls += 1;
    this.slowestMs = Math.max(this.slowestMs, Date.now() - startedAt);
    if (reason !== undefined) this.#failures.push({ at: Date.now(), reason });
  }

  answered(isToken: boolean): void {
    const second = Math.floor((Date.now() - this.startedAt) / 1000);
    this.#bySecond[second] = (this.#bySecond[second] ?? 0) + 1;
    if (isToken) this.issued += 1;
    else this.turnedAway += 1;
  }

  end(): void {
    this.seconds = (Date.now() - this.startedAt) / 1000;
  }

  get summary() {
    const { name, seconds, calls, atHand, issued, signatures, canaries, turnedAway, busiest, slowestMs, failed } = this;
    const kids = [...this.kids];
    const unannounced = this.unannounced.map(({ reason }) => reason).slice(0, 5);
    const counts = { calls, atHand, issued, signatures, canaries, turnedAway, busiest, slowestMs, failed };
    return { name, seconds, ...counts, unannounced, kids };
  }
}
