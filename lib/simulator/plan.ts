/** A run before it is run: the policy, everybody's clock, and what goes wrong when. All of it follows from the seed. */

import { DISTURBERS, MORE } from './disturbers.ts';
import { extras, PROFILES, type Profile, type ProfileName } from './profiles.ts';
import { Dice } from './random.ts';

/** What one rotator's call meets, once it is made: the n-th of this name from then on. */
export interface Hindrance {
  readonly kind: 'hinder';
  /** A port's method, or `activation`: the save that changes who signs. */
  readonly call: string;
  readonly phase: 'before' | 'after';
  readonly skip: number;
  readonly how: 'crash' | 'fail' | 'stall' | 'conflict' | 'throttle' | 'jump';
  /** Of a stall; or by how much the clock of a tick jumps then, to either side. */
  readonly seconds: number;
  /** What somebody else does in the middle of the stall. */
  readonly meanwhile?: 'tick' | 'burn' | 'rotate' | 'sign';
}

export type WhichKey = 'active' | 'standby' | 'grace' | 'all';

export type Disturbance = { readonly at: number } & (
  | Hindrance
  /** No tick begins. */
  | { readonly kind: 'silence'; readonly seconds: number }
  | { readonly kind: 'ticks'; readonly count: number; readonly offset: number }
  | {
      readonly kind: 'outage';
      readonly seconds: number;
      readonly calls: string;
      readonly code: 'throttled' | 'unavailable';
    }
  | { readonly kind: 'origin-down'; readonly seconds: number }
  /** Canaries reach the rotator with another signature than their key's. */
  | { readonly kind: 'spoiled-canaries'; readonly seconds: number }
  /** Keys that are made in this time show late. */
  | { readonly kind: 'kms-lag'; readonly seconds: number; readonly key: number; readonly tags: number }
  | { readonly kind: 'rotator-clock'; readonly seconds: number; readonly offset: number }
  | { readonly kind: 'signer-clock'; readonly signer: number; readonly offset: number }
  /** A new environment with the policy of that time. */
  | { readonly kind: 'cold-start'; readonly signer: number }
  | { readonly kind: 'rotate'; readonly times: number }
  | { readonly kind: 'burn'; readonly which: WhichKey; readonly flush: boolean }
  | { readonly kind: 'policy'; readonly change: Readonly<Record<string, unknown>> }
  | { readonly kind: 'restore'; readonly back: number; readonly recoverAfter: number }
  /** Somebody disables a KMS key, and enables it again after a while (never: 0). */
  | { readonly kind: 'disable-by-hand'; readonly which: 'active' | 'standby'; readonly seconds: number }
  /** Somebody overwrites the JWKS with one that lacks the standby. */
  | { readonly kind: 'overwrite'; readonly thenBurn: boolean }
  | { readonly kind: 'retain'; readonly which: WhichKey; readonly seconds: number }
);

export interface Plan {
  readonly seed: string;
  readonly profile: ProfileName;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Until the last fault. */
  readonly seconds: number;
  readonly rotatorOffsets: readonly number[];
  readonly signerOffsets: readonly number[];
  readonly disturbances: readonly Disturbance[];
}

/** The plan of a seed, the same every time. */
export function planOf(seed: string, name: ProfileName, dice: Dice): Plan {
  const profile: Profile = PROFILES[name];
  const { settings: drawn, skew, seconds } = profile.draw(dice);
  const more = new Dice(seed, 'more');
  const settings = { ...drawn, ...extras(drawn, more) };
  // A clock that errs errs all the way, most of the time: the terms of the windows show at their ends.
  const offset = () => dice.pick([-skew, -skew, 0, skew, skew, Math.max(0, skew - 1), Math.min(0, 1 - skew)]);
  const count = dice.between(...profile.disturbances);
  const terms = { seconds, skew, settings, tick: profile.tick(settings) };
  const draw = (own: Dice, disturbers: typeof DISTURBERS) => ({
    // The first key's lead is waived, so much is different in the beginning.
    at: Math.floor(own.next() * (own.chance(0.2) ? seconds / 8 : seconds)),
    ...own.pick(disturbers)({ ...terms, dice: own }),
  });
  const disturbances = [
    ...Array.from({ length: count }, () => draw(dice, DISTURBERS)),
    ...Array.from({ length: more.between(0, 5) }, () => draw(more, MORE)),
  ] as Disturbance[];
  return {
    seed,
    profile: name,
    settings,
    seconds,
    rotatorOffsets: [-skew, skew, offset()],
    signerOffsets: Array.from({ length: profile.signers }, offset),
    disturbances: disturbances.sort((a, b) => a.at - b.at),
  };
}
