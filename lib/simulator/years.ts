/**
 * Years in a world in which nothing fails, but twice a year somebody rotates by hand and at once again: only then does a
 * standby sign as early as the windows let it. Ticks at which nothing can be due are counted and not made.
 */
import { activeKey, isObserved, type Keyring } from '../core/keyring.ts';
import { graceEnd, orphanAge } from '../core/policy.ts';
import type { TickReport } from '../core/rotate.ts';
import type { World } from './world.ts';

export const YEAR = 365 * 86_400;
const HOUR = 3600;

/**
 * Tokens are signed whenever it can matter: at their longest, without a gap, from a signer that is late to hear of an end.
 * @param progress is told how far it is
 * @returns how many ticks were left out
 */
export async function live(world: World, until: number, progress: (share: number) => void): Promise<number> {
  const { policy, now: from } = world;
  const { maxTokenLifetime: expiresIn } = policy;
  const warm = world.signer();
  let signed = Number.NEGATIVE_INFINITY;
  const sign = async () => {
    await world.sign(warm, 'warm', { expiresIn }).catch(() => undefined);
    signed = world.now;
  };
  let impatient = from + Math.min(YEAR, until - from) / 4;
  let leftOut = 0;
  while (world.now < until) {
    if (world.now >= impatient) {
      impatient += YEAR / 2;
      for (const reason of ['by hand', 'and again']) await world.rotateNow(reason);
    }
    const due = mayActivate(world);
    if (due || world.now >= signed + expiresIn / 2) await sign();
    const revision = world.keyrings.item?.revision;
    const report = await world.tick();
    const next = world.now + policy.tick;
    const isChanged = world.keyrings.item?.revision !== revision;
    if (due && isChanged) {
      // Its keyring is from before the tick, and it uses it for as long as it may.
      world.now += Math.min(policy.signerCache, policy.tick / 2);
      await sign();
      world.now += 1;
      await sign();
    }
    world.now = next;
    if (isChanged || due || !isQuiet(report)) continue;
    const idle = Math.floor((Math.min(nextDue(world), impatient, until) - next) / policy.tick);
    leftOut += Math.max(0, idle);
    const end = next + Math.max(0, idle) * policy.tick;
    while (signed + expiresIn < end) {
      world.now = signed + expiresIn;
      await sign();
    }
    world.now = end;
    progress((end - from) / (until - from));
  }
  return leftOut;
}

function mayActivate({ keyring, policy, now }: World): boolean {
  if (keyring.rotationRequested) return true;
  return (activeKey(keyring)?.activatedAt ?? 0) + policy.rotationPeriod - policy.tick <= now;
}

/** That windows are unsafe is said at every tick. */
const isQuiet = ({ holds }: TickReport): boolean => holds.every(({ kind }) => kind === 'unsafe-windows');

/** The first instant at which something becomes due; where a window of the week decides, each hour may be one. */
function nextDue({ keyring, policy, now }: World): number {
  const instants = keyring.keys.flatMap((key) => instantsOf(key, policy)).filter((instant) => instant > now);
  return Math.min(...instants, policy.activationWindow ? now + HOUR : Number.POSITIVE_INFINITY);
}

function instantsOf(key: Keyring['keys'][number], policy: World['policy']): number[] {
  switch (key.state) {
    case 'pending':
      return isObserved(key) ? [key.observedAt + policy.publicationLead] : [];
    case 'active': {
      const { activatedAt, notAfter = Number.POSITIVE_INFINITY } = key;
      const ends = Math.min(activatedAt + policy.rotationPeriod, notAfter - policy.maxTokenLifetime - policy.tick);
      // Somebody signs just before.
      return [ends - policy.tick, ends];
    }
    case 'grace':
      return [graceEnd(policy, key)];
    case 'retired':
      return key.deletionAt === undefined ? [] : [key.deletionAt + orphanAge(policy)];
    default:
      return [];
  }
}
