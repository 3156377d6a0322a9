/** What a plan's disturbances do: to calls, to clocks, to what is stored, and through people. */
import { KeyturnError } from '../core/errors.ts';
import { documentPaths } from '../core/issuer.ts';
import { type Keyring, pendingKeys } from '../core/keyring.ts';
import { unsafe } from '../core/policy.ts';
import { ageOf } from './bucket.ts';
import type { Call } from './call.ts';
import type { Crew } from './crew.ts';
import type { Disturbance, Hindrance } from './plan.ts';
import { Dice } from './random.ts';

type Of<Kind extends Disturbance['kind']> = Extract<Disturbance, { kind: Kind }>;

export class Weather {
  readonly #crew: Crew;
  readonly #armed: { readonly hindrance: Hindrance; skip: number }[] = [];
  readonly #outages: (Of<'outage'> & { readonly until: number })[] = [];
  /** Ticks that hang between two calls. */
  #hanging = 0;
  /** No scheduled tick begins before it. */
  silentUntil = 0;
  /** Whether people had a hand in it: then it takes longer until all is well. */
  meddled = false;

  constructor(crew: Crew) {
    this.#crew = crew;
    crew.world.intercept = (call) => this.#meet(call);
  }

  /** Every fault ends, for good. */
  clear(): void {
    const { world, rotatorClock } = this.#crew;
    this.#armed.length = 0;
    this.#outages.length = 0;
    this.silentUntil = 0;
    rotatorClock.until = 0;
    world.kms.lag = { key: 0, tags: 0 };
    world.spoilsCanaries = false;
    this.#origin(true);
  }

  /** At its time, as an operator's act. */
  async begin(disturbance: Disturbance): Promise<void> {
    const { world, timeline, plan, signers } = this.#crew;
    const { now } = timeline;
    switch (disturbance.kind) {
      case 'hinder':
        this.#armed.push({ hindrance: disturbance, skip: disturbance.skip });
        return;
      case 'silence':
        this.silentUntil = now + disturbance.seconds;
        return;
      case 'ticks':
        for (let count = 0; count < disturbance.count; count++) this.#slowTick(count, disturbance.offset);
        return;
      case 'outage':
        this.#outages.push({ ...disturbance, until: now + disturbance.seconds });
        return;
      case 'origin-down':
        this.#origin(false);
        await timeline.sleep(disturbance.seconds);
        return this.#origin(true);
      case 'spoiled-canaries':
        world.spoilsCanaries = true;
        await timeline.sleep(disturbance.seconds);
        world.spoilsCanaries = false;
        return;
      case 'kms-lag': {
        world.kms.lag = disturbance;
        await timeline.sleep(disturbance.seconds);
        world.kms.lag = { key: 0, tags: 0 };
        return;
      }
      case 'rotator-clock':
        this.#crew.rotatorClock = { until: now + disturbance.seconds, offset: disturbance.offset };
        return;
      case 'signer-clock': {
        const signer = signers[disturbance.signer];
        if (signer) signer.offset = disturbance.offset;
        return;
      }
      case 'cold-start':
        return this.#crew.replaceSigner(disturbance.signer);
      case 'rotate':
        for (let time = 0; time < disturbance.times; time++) await this.#crew.rotateNow(plan.rotatorOffsets[time] ?? 0);
        return;
      case 'burn':
        this.meddled = true;
        return this.#crew.burn(disturbance.which, disturbance.flush);
      case 'policy':
        return this.#decide(disturbance);
      case 'restore':
        return this.#restore(disturbance);
      case 'disable-by-hand':
        return this.#disable(disturbance);
      case 'overwrite':
        return this.#overwrite(disturbance);
      case 'retain':
        return this.#crew.retain(disturbance.which, disturbance.seconds);
    }
  }

  /** Nothing is awaited where nothing goes wrong. */
  #meet({ name, phase }: Call): void | Promise<void> {
    const { timeline } = this.#crew;
    const { actor, now } = timeline;
    if (!actor) return;
    if (actor.dead) throw new Error('the process is dead');
    const outage = this.#outages.find(({ calls, until }) => now < until && name.startsWith(calls));
    if (outage && phase === 'before') throw outage.code === 'throttled' ? throttled() : new Error('unavailable');
    if (actor.role === 'signer') {
      return actor.latency > 0 && name === 'signer.sign' && phase === 'before'
        ? timeline.sleep(actor.latency)
        : undefined;
    }
    // A tick that has asked for a canary saves the activation next.
    if (name === 'signer.sign' && phase === 'after') actor.proved = true;
    const activates = name === 'store.save' && actor.proved;
    if (activates && phase === 'after') actor.proved = false;
    const index = this.#armed.findIndex(
      ({ hindrance: { call, phase: when } }) =>
        when === phase && (call === name || (activates && call === 'activation')),
    );
    const armed = this.#armed[index];
    if (armed && armed.skip-- <= 0) {
      this.#armed.splice(index, 1);
      return this.#hinder(armed.hindrance);
    }
    // Several at once meet each other at the calls by which they notice each other.
    if (actor.pace && phase === 'before' && /^(store|keys\.create|publisher\.write)/.test(name))
      return timeline.sleep(actor.pace.between(0, 3));
  }

  #hinder({ how, seconds, meanwhile }: Hindrance): Promise<void> {
    const { timeline } = this.#crew;
    const { actor } = timeline;
    if (how === 'stall') {
      if (meanwhile) this.#meanwhile(meanwhile, seconds);
      // Signers that have just read what is about to change.
      for (const index of this.#crew.signers.keys())
        timeline.at(timeline.now + seconds - 1, 'signer', () => this.#crew.sign(index));
      this.#hanging += 1;
      return timeline.sleep(seconds).then(() => {
        this.#hanging -= 1;
      });
    }
    if (how === 'jump') {
      if (actor?.role === 'tick') actor.jumped += seconds;
      return Promise.resolve();
    }
    if (how === 'crash' && actor) actor.dead = true;
    if (how === 'conflict') throw new KeyturnError('document_conflict', 'told to');
    throw how === 'throttle' ? throttled() : new Error('told to');
  }

  #meanwhile(what: NonNullable<Hindrance['meanwhile']>, seconds: number): void {
    const { timeline, signers } = this.#crew;
    const half = timeline.now + seconds / 2;
    if (what === 'tick') timeline.at(half, 'tick', () => this.#crew.tick(0));
    // Afterwards: then the lead that began in the stall is what the rotation waits for.
    if (what === 'rotate') timeline.at(timeline.now + seconds + 60, 'operator', () => this.#crew.rotateNow(0));
    if (what === 'burn') {
      this.meddled = true;
      timeline.at(half, 'operator', () => this.#crew.burn('active', false));
    }
    if (what === 'sign') for (const index of signers.keys()) timeline.at(half, 'signer', () => this.#crew.sign(index));
  }

  #slowTick(count: number, offset: number): void {
    const { timeline, plan } = this.#crew;
    timeline.at(timeline.now, 'tick', async () => {
      const { actor } = timeline;
      if (actor) actor.pace = new Dice(plan.seed, 'pace', timeline.now, count);
      await this.#crew.tick(offset);
    });
  }

  #origin(up: boolean): void {
    const { world } = this.#crew;
    if (world.bucket.frozen === !up) return;
    world.bucket.frozen = !up;
    world.trace.push({ at: world.now, kind: 'origin', up });
  }

  /** Only what the check at synth lets through. The signers are replaced one by one, as a deployment does. */
  async #decide({ change }: Of<'policy'>): Promise<void> {
    const { world, timeline, signers } = this.#crew;
    if (unsafe(world.wouldBe(change)).length > 0) return;
    this.meddled = true;
    world.decide(change);
    for (const index of signers.keys()) {
      await timeline.sleep(20);
      this.#crew.replaceSigner(index);
    }
  }

  async #restore({ back, recoverAfter }: Of<'restore'>): Promise<void> {
    const { world, timeline } = this.#crew;
    this.meddled = true;
    world.keyrings.restore(world.now - back);
    await timeline.sleep(recoverAfter);
    await this.#crew.recover();
  }

  async #disable({ which, seconds }: Of<'disable-by-hand'>): Promise<void> {
    const { world, timeline } = this.#crew;
    const key = world.kms.stored.get(this.#crew.keyArn(which) ?? '');
    if (!key?.enabled) return;
    this.meddled = true;
    const { keyArn } = key;
    key.enabled = false;
    world.trace.push({ at: world.now, kind: 'meddled', keyArn, enabled: false });
    if (seconds === 0) return;
    await timeline.sleep(seconds);
    const ended = world.trace.some((event) => event.kind === 'ending' && event.keyArn === keyArn);
    if (ended) return;
    key.enabled = true;
    world.trace.push({ at: world.now, kind: 'meddled', keyArn, enabled: true });
  }

  #isOut(calls: string): boolean {
    return this.#outages.some((outage) => outage.calls === calls && outage.until > this.#crew.timeline.now);
  }

  /** As if an older version of the object had been put back, from before the standby. */
  async #overwrite({ thenBurn }: Of<'overwrite'>): Promise<void> {
    const { world } = this.#crew;
    const path = documentPaths(world.policy.issuer).jwks;
    const stored = world.bucket.objects.get(path);
    const standby = pendingKeys(world.keyring as Keyring).at(-1)?.kid;
    // Who could write the object could not while S3 is away. And a tick that has looked does not look again: what
    // somebody does by hand behind its back, while it hangs for longer than any call may take, is beyond it.
    if (!stored || !standby || this.#isOut('publisher.') || this.#hanging > 0) return;
    // A restored table may call standby what has signed since: without that key no older version has live tokens.
    if (world.trace.some((event) => event.kind === 'token' && event.kid === standby)) return;
    const jwks = JSON.parse(stored.body) as { keys: { kid: string }[] };
    const keys = jwks.keys.filter(({ kid }) => kid !== standby);
    if (keys.length === 0) return;
    const body = JSON.stringify({ ...jwks, keys });
    world.bucket.objects.set(path, { ...stored, body, etag: `"overwritten at ${world.now}"` });
    world.trace.push({ at: world.now, kind: 'document', body, age: ageOf(stored.cacheControl), byHand: true });
    if (!thenBurn) return;
    this.meddled = true;
    await this.#crew.burn('active', false);
  }
}

const throttled = () => new KeyturnError('throttled', 'told to', { retryAfterSeconds: 1 });
