/** One plan, run: the schedule ticks, signers sign where it hurts, what was planned goes wrong, and then it stops. */
import { activeKey, isObserved, type Keyring, pendingKeys } from '../core/keyring.ts';
import { graceEnd } from '../core/policy.ts';
import { Crew } from './crew.ts';
import { CLEAN_TICKS } from './evidence.ts';
import { inviteGuests } from './guests.ts';
import { violatedBy } from './invariants.ts';
import { type Plan, planOf } from './plan.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import { Dice } from './random.ts';
import { Timeline } from './timeline.ts';
import { Weather } from './weather.ts';
import { World } from './world.ts';

export interface Run {
  readonly plan: Plan;
  readonly world: World;
  readonly violations: readonly string[];
}

export const runSeed = (seed: string, profile: ProfileName): Promise<Run> =>
  run(planOf(seed, profile, new Dice(seed, 'plan')));

export async function run(plan: Plan): Promise<Run> {
  const world = new World(plan.settings, plan.seed);
  const { policy } = world;
  const timeline = new Timeline(world);
  world.sleep = (seconds) => timeline.sleep(seconds);
  const crew = new Crew(world, timeline, plan);
  const weather = new Weather(crew);
  const begin = world.now;
  for (const disturbance of plan.disturbances)
    timeline.at(begin + disturbance.at, 'operator', () => weather.begin(disturbance));
  inviteGuests(world, timeline, plan.seed, plan.seconds, world.rotatorPorts);
  const schedule = new Schedule(crew, weather);
  schedule.start();
  await timeline.run(begin + plan.seconds);

  weather.clear();
  // What is under way ends by itself; what people did takes a lead to heal, and so does a standby that comes too late for
  // the hard end of the key before it. From then on all has to be well.
  timeline.at(world.now, 'operator', () => crew.recover());
  const healing = weather.meddled || world.policy.cryptoperiod !== undefined;
  await timeline.run(world.now + (healing ? world.policy.publicationLead + 4 * policy.tick : 16 * 60));
  world.trace.push({ at: world.now, kind: 'calm' });
  await timeline.run(world.now + (CLEAN_TICKS + 2) * policy.tick);
  // Everything dies before the end, so that a key which leaves too early is seen to.
  await timeline.run(world.now + world.policy.grace + world.policy.maxTokenLifetime);
  return { plan, world, violations: violatedBy(world.trace, policy) };
}

class Schedule {
  readonly #crew: Crew;
  readonly #weather: Weather;
  readonly #dense: boolean;
  #count = 0;

  constructor(crew: Crew, weather: Weather) {
    this.#crew = crew;
    this.#weather = weather;
    this.#dense = PROFILES[crew.plan.profile].dense;
  }

  start(): void {
    const { timeline } = this.#crew;
    timeline.at(timeline.now, 'tick', () => this.#tick());
  }

  async #tick(): Promise<void> {
    const { timeline, world } = this.#crew;
    const next = timeline.now + world.policy.tick;
    timeline.at(next, 'tick', () => this.#tick());
    const count = this.#count++;
    if (timeline.now < this.#weather.silentUntil) return;
    await this.#surrounded(count);
    if (this.#dense) this.#aim(next);
  }

  /** A tick with signers that have read the keyring just before it, and use what they read for as long as they may. */
  async #surrounded(count: number, offset = this.#crew.offsetOf(count)): Promise<void> {
    const { timeline, world, plan } = this.#crew;
    const dice = new Dice(plan.seed, 'signers', count);
    const signers = [...this.#crew.signers.keys()];
    const busy = this.#dense || isBusy(world.keyring, world) || dice.chance(0.03);
    const before = busy ? signers : [dice.pick(signers)];
    // Their own, so that what befalls a tick does not befall them.
    for (const index of before) timeline.at(timeline.now, 'signer', () => this.#crew.sign(index));
    if (before.length > 0) await timeline.sleep(0);
    await this.#crew.tick(offset);
    if (!busy) return;
    const { signerCache, signingLatency } = world.policy;
    for (const index of signers) {
      const wait = dice.pick([0, signerCache - 1, signerCache, signerCache]);
      const latency = dice.pick([0, 0, signingLatency - 1, signingLatency, signingLatency, signingLatency + 3600]);
      timeline.at(timeline.now + wait, 'signer', () => this.#crew.sign(index, latency));
    }
  }

  /** Ticks at the very instants at which something becomes due, a second to either side. */
  #aim(next: number): void {
    const { timeline, world, plan } = this.#crew;
    for (const [index, due] of dueInstants(world).entries()) {
      if (due <= timeline.now || due >= next) continue;
      const dice = new Dice(plan.seed, 'aim', this.#count, index);
      const offset = dice.pick(plan.rotatorOffsets);
      const at = due - offset + dice.pick([-1, 0, 0, 1]);
      if (at <= timeline.now || at >= next) continue;
      timeline.at(at, 'tick', () => this.#surrounded(this.#count * 1000 + index, offset));
    }
  }
}

function dueInstants({ keyring, policy }: World): number[] {
  const active = activeKey(keyring);
  const leads = pendingKeys(keyring)
    .filter(isObserved)
    .map(({ observedAt }) => observedAt + policy.publicationLead);
  const graces = keyring.keys.filter((key) => key.state === 'grace').map((key) => graceEnd(policy, key));
  return [...leads, ...graces, ...(active ? [active.activatedAt + policy.rotationPeriod] : [])];
}

/** Whether the next tick may change who signs. */
function isBusy(keyring: Keyring, { policy, now }: World): boolean {
  const active = activeKey(keyring);
  if (!active || keyring.flush || keyring.rotationRequested) return true;
  return now >= active.activatedAt + policy.rotationPeriod - policy.tick && pendingKeys(keyring).length > 0;
}
