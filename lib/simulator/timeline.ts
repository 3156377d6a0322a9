/**
 * Virtual time for several who act at once. Whoever sleeps lets the others go on; between two events nothing happens, so
 * that one order of events is one run.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as everyoneHasRun } from 'node:timers/promises';
import type { Dice } from './random.ts';

interface Event {
  readonly at: number;
  run(): Promise<void>;
}
export type Role = 'tick' | 'operator' | 'signer';

/** One who acts: a tick, a signer that waits for KMS, an operator. */
export class Actor {
  readonly role: Role;
  sleeping = 0;
  done = false;
  /** Its process has crashed: no call of it takes effect any more. */
  dead = false;
  /** It has had a canary signed. */
  proved = false;
  /** How far its clock has jumped since it began. */
  jumped = 0;
  /** How long KMS takes for its next signature. */
  latency = 0;
  /** Lets seconds pass before each call by which others notice it. */
  pace: Dice | undefined;
  #paused: () => void = () => {};

  constructor(role: Role) {
    this.role = role;
  }

  /** Settles when the actor next sleeps or has ended. */
  untilPaused(): Promise<void> {
    return new Promise((resolve) => {
      this.#paused = resolve;
    });
  }

  pause(): void {
    this.#paused();
  }
}

export class Timeline {
  readonly #world: { now: number };
  readonly #events: Event[] = [];
  readonly #current = new AsyncLocalStorage<Actor>();

  constructor(world: { now: number }) {
    this.#world = world;
  }

  get now(): number {
    return this.#world.now;
  }

  /** Whoever acts at this moment. */
  get actor(): Actor | undefined {
    return this.#current.getStore();
  }

  /** @param act must not throw: who acts knows what may go wrong */
  at(instant: number, role: Role, act: () => Promise<void>): void {
    this.#plan(instant, async () => {
      const actor = new Actor(role);
      const paused = actor.untilPaused();
      this.#current.run(actor, async () => {
        await act();
        actor.done = true;
        actor.pause();
      });
      await paused;
    });
  }

  /** For the actor that asks; the others go on meanwhile. */
  sleep(seconds: number): Promise<void> {
    const { actor } = this;
    if (!actor) throw new Error('only who acts on the timeline can sleep');
    actor.sleeping += 1;
    return new Promise((resolve) => {
      this.#plan(this.now + seconds, async () => {
        actor.sleeping -= 1;
        // One who sleeps in two places, or left something behind, does not pause again for this one.
        const paused = actor.done || actor.sleeping > 0 ? everyoneHasRun() : actor.untilPaused();
        resolve();
        await paused;
      });
      actor.pause();
    });
  }

  /** Until nothing is planned before the instant. */
  async run(until: number): Promise<void> {
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#world.now = Math.max(this.now, next.at);
      await next.run();
    }
    this.#world.now = Math.max(this.now, until);
  }

  #next(until: number): Event | undefined {
    return (this.#events[0]?.at ?? Number.POSITIVE_INFINITY) <= until ? this.#events.shift() : undefined;
  }

  /** Of two at the same time the one that was planned first is first. */
  #plan(at: number, run: () => Promise<void>): void {
    const place = this.#events.findLastIndex((event) => event.at <= at) + 1;
    this.#events.splice(place, 0, { at, run });
  }
}
