/** Who lives in a planned world: the schedule's ticks, the signers, and the operators with their bad moments. */
import { isKeyturnError } from '../core/errors.ts';
import { activeKey, pendingKeys, renderedKeys } from '../core/keyring.ts';
import { recover } from '../core/recover.ts';
import type { TokenSigner } from '../core/sign.ts';
import { releaseKey, retainKey } from '../core/wishes.ts';
import type { Plan, WhichKey } from './plan.ts';
import { Dice } from './random.ts';
import type { Timeline } from './timeline.ts';
import type { World } from './world.ts';

const MINUTE = 60;
/** How often somebody asks for the same burn. */
const BURNS = 4;

export class Crew {
  readonly world: World;
  readonly timeline: Timeline;
  readonly plan: Plan;
  readonly signers: { signer: TokenSigner; offset: number }[];
  /** While it is in the future the rotators' clocks are this far off. */
  rotatorClock = { until: 0, offset: 0 };

  constructor(world: World, timeline: Timeline, plan: Plan) {
    this.world = world;
    this.timeline = timeline;
    this.plan = plan;
    this.signers = plan.signerOffsets.map((offset) => ({ offset, signer: world.signer() }));
    for (const index of this.signers.keys()) this.replaceSigner(index);
  }

  /** A new environment, by the policy that is in force. */
  replaceSigner(index: number): void {
    const signer = this.signers[index];
    if (!signer) return;
    signer.signer = this.world.signer({ clock: () => this.world.now + signer.offset });
  }

  /** One run of the reconciler by a machine whose clock is off. Whatever it throws is in the trace. */
  async tick(offset: number): Promise<void> {
    await this.world.tick(this.#machine(offset)).catch(() => undefined);
  }

  /** The clock that the n-th rotator happens to have. */
  offsetOf(name: string | number): number {
    return new Dice(this.plan.seed, 'rotator', name).pick(this.plan.rotatorOffsets);
  }

  async sign(index: number, latency = 0): Promise<void> {
    const { world, timeline } = this;
    const signer = this.signers[index];
    if (!signer) return;
    const { actor } = timeline;
    if (actor) actor.latency = latency;
    const { maxTokenLifetime } = world.policy;
    try {
      await world.sign(signer.signer, String(index), { expiresIn: maxTokenLifetime });
    } catch (error) {
      const code = isKeyturnError(error) ? error.code : 'crashed';
      // A signature that KMS was told to be late with is no refusal of the issuer's.
      if (latency === 0) world.trace.push({ at: world.now, kind: 'refused', code });
    }
    if (actor) actor.latency = 0;
  }

  rotateNow(offset: number): Promise<void> {
    return this.world.rotateNow('by hand', this.#machine(offset)).then(
      () => undefined,
      () => undefined,
    );
  }

  /** Whoever burns a key and gets no answer, or is told that it was not saved, burns it again, but not for ever. */
  async burn(which: WhichKey, flush: boolean): Promise<void> {
    const { world, timeline } = this;
    const kid = this.#kid(which);
    if (which !== 'all' && !kid) return;
    const kids = which === 'all' ? ('all' as const) : [kid ?? ''];
    for (let attempt = 0; attempt < BURNS; attempt++) {
      const { actor } = timeline;
      if (actor) actor.dead = false;
      try {
        await world.burn({ kids, flush }, this.#machine(this.offsetOf('burn')));
        // What a process says that has died reaches nobody.
        if (!actor?.dead) return;
      } catch (error) {
        if (isKeyturnError(error, 'transition_refused', 'keyring_missing')) return;
      }
      await timeline.sleep(MINUTE);
    }
  }

  async retain(which: WhichKey, seconds: number): Promise<void> {
    const { world, timeline } = this;
    const kid = this.#kid(which);
    if (!kid) return;
    const ports = this.#machine(this.offsetOf('retain'));
    await retainKey(ports, world.policy, kid).catch(() => undefined);
    await timeline.sleep(seconds);
    const isRetained = () => world.keyring.keys.some((key) => key.kid === kid && 'retained' in key);
    for (let attempt = 0; isRetained() && attempt < 100; attempt++) {
      await releaseKey(ports, world.policy, kid).catch(() => undefined);
      await timeline.sleep(MINUTE);
    }
  }

  /** Who is told that KMS does not confirm a key enables what somebody has disabled, waits, and asks again. */
  async recover(): Promise<void> {
    const { world, timeline } = this;
    const attempt = () => recover(this.#machine(0), world.policy);
    await attempt().catch(async (error: unknown) => {
      if (!isKeyturnError(error, 'transition_refused') || !error.message.startsWith('KMS does not confirm')) return;
      this.#enableWhatWasDisabledByHand();
      await timeline.sleep(10 * 60);
      await attempt().catch(() => undefined);
    });
  }

  #enableWhatWasDisabledByHand(): void {
    const { world } = this;
    const ended = new Set(world.trace.flatMap((event) => (event.kind === 'ending' ? [event.keyArn] : [])));
    for (const event of world.trace.filter(({ kind }) => kind === 'meddled')) {
      const key = 'keyArn' in event && !ended.has(event.keyArn) ? world.kms.stored.get(event.keyArn) : undefined;
      if (!key || key.enabled) continue;
      key.enabled = true;
      world.trace.push({ at: world.now, kind: 'meddled', keyArn: key.keyArn, enabled: true });
    }
  }

  /** The KMS key of the one in question. */
  keyArn(which: WhichKey): string | undefined {
    return this.world.keyring.keys.find(({ kid }) => kid === this.#kid(which))?.keyArn;
  }

  #kid(which: WhichKey): string | undefined {
    const { keyring } = this.world;
    if (which === 'active') return activeKey(keyring)?.kid;
    if (which === 'standby') return pendingKeys(keyring).at(-1)?.kid;
    return renderedKeys(keyring).find(({ state }) => state === 'grace')?.kid;
  }

  /** Its clock errs by the same all along, unless it jumps. */
  #machine(offset: number) {
    const { world, timeline, rotatorClock } = this;
    const off = world.now < rotatorClock.until ? rotatorClock.offset : offset;
    return world.ports(() => off + (timeline.actor?.jumped ?? 0));
  }
}
