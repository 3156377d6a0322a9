/** Follows the lines of steps, from one to the next: what was published, who signed, and which KMS keys ended. */
import type { Policy } from '../core/config.ts';
import { someAreBlind } from '../core/exposure.ts';
import type { LeadWaiver } from '../core/keyring.ts';
import { edgeAge } from '../core/policy.ts';
import type { StepLine } from '../core/step-line.ts';
import type { Ending, Published, UnfinishedLife, Writable } from './evidence.ts';
import type { Reading } from './evidence-of-log.ts';
import type { Epoch } from './log-lines.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** A line is written a moment after what it tells. */
const MOMENT = 60;

export class LogReader {
  readonly documents: Writable<Published>[] = [];
  readonly keys = new Map<string, UnfinishedLife>();
  readonly endings: Ending[] = [];
  readonly unknownEndings: string[] = [];
  readonly #policy: Policy;
  readonly #reading: Reading;
  /** Versions whose publication has a line. */
  readonly #told: ReadonlySet<number>;
  #first: StepLine | undefined;
  #signing: string | undefined;
  /** A burn orders a fresh key, once. */
  #ordered = false;

  constructor(policy: Policy, reading: Reading, steps: readonly StepLine[]) {
    this.#policy = policy;
    this.#reading = reading;
    this.#told = new Set(steps.filter(isPublication).map(({ documentVersion }) => documentVersion));
  }

  read(epoch: Epoch): void {
    const isRestored = this.#first !== undefined;
    for (const [index, line] of epoch.entries()) {
      this.#first ??= line;
      if (this.#publishes(line)) this.#publish(line);
      if (line.event === 'step') this.#ends(line);
      this.#reigns(line, isRestored && index === 0);
    }
  }

  #life(kid: string): UnfinishedLife {
    const known = this.keys.get(kid) ?? { kid, published: [], reigns: [], promised: [], burnedAt: NEVER };
    this.keys.set(kid, known);
    return known;
  }

  #publishes(line: StepLine): boolean {
    if (isPublication(line)) return true;
    const isNews = line.documentVersion > (this.documents.at(-1)?.version ?? 0);
    return this.#reading === 'kindly' && isNews && (line.step === 'publish' || !this.#told.has(line.documentVersion));
  }

  #publish({ at, kids, documentVersion: version }: StepLine): void {
    const last = this.documents.at(-1);
    if (last) last.until = at;
    this.documents.push({ since: at, until: NEVER, version, kids: new Set(kids), age: edgeAge(this.#policy) });
    for (const kid of kids) {
      const { published } = this.#life(kid);
      if (published.at(-1)?.until !== NEVER) published.push({ since: at, until: NEVER });
    }
    for (const kid of this.keys.keys()) if (!kids.includes(kid)) this.#leaves(kid, at);
  }

  #leaves(kid: string, at: number): void {
    const last = this.#life(kid).published.at(-1);
    if (last && last.until === NEVER) last.until = at;
  }

  #ends({ at, step, kid, kids, burned = [] }: StepLine): void {
    // Out of the keyring is as good as out of the document: the publication follows.
    if (step === 'retire' && kid !== undefined) this.#leaves(kid, at);
    for (const name of burned) this.#life(name).burnedAt = Math.min(this.#life(name).burnedAt, at);
    if (burned.length > 0) this.#ordered = true;
    if ((step !== 'destroy' && step !== 'disable') || kid === undefined) return;
    const life = this.keys.get(kid);
    const isBurned = life !== undefined && Number.isFinite(life.burnedAt);
    if (kids.includes(kid)) this.endings.push({ at, call: step, name: kid, kid, state: 'active' });
    else if (isBurned) this.endings.push({ at, call: step, name: kid, kid, state: 'compromised' });
    else if (life?.published.length) this.endings.push({ at, call: step, name: kid, kid, state: 'retired' });
    else this.unknownEndings.push(`nothing tells what ${kid} was before its ${step}`);
  }

  #reigns(line: StepLine, isRestored: boolean): void {
    const { at, signing, tokenLifetime } = line;
    for (const other of this.keys.values()) {
      const reign = other.reigns.at(-1);
      if (reign && reign.until === NEVER && other.kid !== signing) reign.until = at;
    }
    if (signing !== undefined) {
      const { reigns, promised } = this.#life(signing);
      if (reigns.at(-1)?.until !== NEVER) {
        const began = isRestored
          ? { unconfirmed: `nothing tells how ${signing} came to sign at ${at}` }
          : this.#began(line);
        reigns.push({ since: at, until: NEVER, ...began, revenant: false, policy: this.#policy });
      }
      if (tokenLifetime !== undefined && promised.at(-1)?.[1] !== tokenLifetime)
        promised.push([at - MOMENT - 2 * this.#policy.clockSkew, tokenLifetime]);
    }
    this.#signing = signing;
  }

  /** What a key records of itself counts only where the lines before bear it out. */
  #began(line: StepLine): { waived?: LeadWaiver; unconfirmed?: string } {
    const { at, step, signing = '', leadWaived } = line;
    // Who signs when the log begins has been judged by then: only tokens from a lead later on are.
    if (line === this.#first) return {};
    if (leadWaived === 'first-deployment') {
      const [first] = this.documents;
      if (first?.version === 1) return first.kids.has(signing) ? { waived: leadWaived } : {};
      return { unconfirmed: `nothing tells whether ${signing}, which signs from ${at} on, was in the first document` };
    }
    if (step === 'burn') return leadWaived ? { waived: leadWaived } : {};
    const [wasOrdered, before] = [this.#ordered, this.#signing];
    this.#ordered = false;
    if (leadWaived === undefined) return {};
    if (!wasOrdered && (this.#first?.documentVersion ?? 0) <= 1) return {};
    if (wasOrdered && (before === undefined || !someAreBlind(this.#policy))) return { waived: leadWaived };
    return { unconfirmed: `nothing tells whether a burn had ${signing} sign from ${at} on without its lead` };
  }
}

const isPublication = ({ event, step }: StepLine): boolean => event === 'step' && step === 'publish';
