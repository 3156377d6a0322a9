/** What may go wrong, each kind with its boundaries: plain random numbers miss faults that sit at the edge of a window. */
import { type Policy, parsePolicy } from '../core/config.ts';
import { formatDuration, parseDuration } from '../core/duration.ts';
import { minGrace, minPublicationLead, ROTATOR_TIMEOUT_SECONDS } from '../core/policy.ts';
import { verifierToJson } from '../core/verifiers.ts';
import type { Disturbance, Hindrance } from './plan.ts';
import type { Dice } from './random.ts';

interface Terms {
  readonly dice: Dice;
  readonly seconds: number;
  readonly skew: number;
  readonly tick: number;
  readonly settings: Readonly<Record<string, unknown>>;
}
type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never;
type Disturber = (terms: Terms) => WithoutTime<Disturbance>;

const SAVES = ['store.save', 'store.save', 'store.save', 'publisher.write', 'publisher.write', 'keys.create'];
const OTHERS = [
  ...['keys.publicKey', 'keys.destroy', 'keys.disable', 'keys.tagged', 'signer.sign'],
  ...['store.load', 'publisher.read', 'publisher.invalidate', 'edge.fetch'],
];
/** As long as a call may take with its retries, a run may last, and a process that was taken for dead comes back. */
const STALLS = [20, ROTATOR_TIMEOUT_SECONDS, ROTATOR_TIMEOUT_SECONDS, 10 * 60, 15 * 60];
const MINUTE = 60;
/** Who verifies from some day on, and takes longer than the others. */
const SLOW = { name: 'slow', keyCache: '40m', refetch: 'never' };
const BREAKS = [60, 3600, 6 * 3600];

const ANYBODY: readonly Hindrance['meanwhile'][] = [undefined, 'tick', 'burn', 'rotate', 'sign'];
/** Who comes between where. Anywhere else anybody may. */
const BETWEEN: Readonly<Record<string, readonly Hindrance['meanwhile'][]>> = {
  'keys.create': ['tick'],
  'publisher.write': ['burn', 'burn', 'tick', 'rotate'],
  'store.save': ['burn', 'tick', 'rotate', 'sign'],
  activation: [undefined, 'sign'],
};

/** What hangs between a decision and its effect is where others come between. */
const hinder: Disturber = ({ dice }) => {
  const call = dice.pick([...SAVES, ...SAVES, ...OTHERS, 'activation', 'activation', 'activation']);
  const hangs = dice.chance(BETWEEN[call] ? 0.6 : 0.3);
  const how = hangs ? 'stall' : dice.pick(['crash', 'crash', 'fail', 'conflict', 'throttle'] as const);
  const meanwhile = dice.pick(BETWEEN[call] ?? ANYBODY);
  return {
    kind: 'hinder',
    call: how === 'conflict' ? 'publisher.write' : call,
    phase: dice.pick(hangs ? ['before', 'before', 'after'] : ['before', 'after']),
    skip: dice.pick([0, 0, 1, 2]),
    how,
    seconds: dice.pick(STALLS),
    ...(hangs && meanwhile && { meanwhile }),
  };
};

const shrinking: Disturber = ({ settings }) => ({ kind: 'policy', change: shorterTokens(policyOf(settings)) });

/** Who signs changes by a save that hangs. */
const slowActivation: Disturber = ({ dice }) => ({
  kind: 'hinder',
  call: 'activation',
  phase: 'before',
  skip: dice.pick([0, 1, 2]),
  how: 'stall',
  seconds: dice.pick(STALLS),
  meanwhile: 'sign',
});

/** It is asked for only while tags lag behind. */
const hinderDescribe: Disturber = ({ dice }) => ({
  kind: 'hinder',
  call: 'keys.describe',
  phase: dice.pick(['before', 'after']),
  skip: 0,
  how: dice.pick(['crash', 'fail', 'throttle', 'stall'] as const),
  seconds: dice.pick(STALLS),
});

const silence: Disturber = ({ dice, tick }) => ({ kind: 'silence', seconds: dice.pick([tick, 3 * tick, 12 * tick]) });

const ticks: Disturber = ({ dice, skew }) => ({
  kind: 'ticks',
  count: dice.pick([2, 2, 3, 4]),
  offset: dice.pick([-skew, 0, skew]),
});

const outage: Disturber = ({ dice, tick }) => ({
  kind: 'outage',
  seconds: dice.pick([5, tick, 2 * tick]),
  calls: dice.pick(['keys.', 'store.', 'publisher.', 'edge.', 'signer.', 'publisher.invalidate', 'keys.tagged']),
  code: dice.pick(['throttled', 'unavailable']),
});

const originDown: Disturber = ({ dice, tick }) => ({ kind: 'origin-down', seconds: dice.pick([tick, 4 * tick]) });

const spoiledCanaries: Disturber = ({ dice, tick }) => ({
  kind: 'spoiled-canaries',
  seconds: dice.pick([tick, 4 * tick, 12 * tick]),
});

const kmsLag: Disturber = ({ dice, seconds }) => ({
  kind: 'kms-lag',
  seconds: Math.floor(seconds / 4),
  key: dice.pick([0, 5, 300]),
  tags: dice.pick([0, 60, 600]),
});

const rotatorClock: Disturber = ({ dice, skew, tick }) => ({
  kind: 'rotator-clock',
  seconds: dice.pick([tick, 3 * tick]),
  offset: dice.pick([-1, 1]) * dice.pick([skew, skew + 2, skew + 3600, 86_400]),
});

const signerClock: Disturber = ({ dice, skew }) => ({
  kind: 'signer-clock',
  signer: dice.between(0, 3),
  offset: dice.pick([-skew, 0, skew]),
});

const coldStart: Disturber = ({ dice }) => ({ kind: 'cold-start', signer: dice.between(0, 3) });

const rotate: Disturber = ({ dice }) => ({ kind: 'rotate', times: dice.pick([1, 2]) });

const burn: Disturber = ({ dice }) => ({
  kind: 'burn',
  which: dice.pick(['active', 'active', 'standby', 'grace', 'all'] as const),
  flush: dice.chance(0.3),
});

const policyOf = (settings: object) =>
  parsePolicy({ issuer: 'https://auth.example.com', algorithm: 'ES256', ...settings });

/** A change of what the lead has to cover, with the shortest lead that does, and a period that has room for it. */
function withItsLead(settings: Terms['settings'], change: Terms['settings']): Terms['settings'] {
  const { publicationLead: _, ...rest } = settings;
  const next = policyOf({ ...rest, ...change });
  const lead = minPublicationLead(next);
  const rotationPeriod = formatDuration(Math.max(next.rotationPeriod, lead + next.tick));
  return { ...change, publicationLead: formatDuration(lead), rotationPeriod };
}

/** What was promised before outlives the new grace. */
const shorterTokens = (now: Policy) => ({
  maxTokenLifetime: '1m',
  tokenLifetime: '1m',
  grace: formatDuration(minGrace(now, MINUTE)),
});

const policy: Disturber = ({ dice, settings }) => {
  const now = policyOf(settings);
  const twice = (name: string) => `${2 * (parseDuration(String(settings[name])) ?? 1)}s`;
  return {
    kind: 'policy',
    change: dice.pick([
      { algorithm: 'EdDSA' },
      { algorithm: 'ES384' },
      { algorithm: 'ES256' },
      { maxTokenLifetime: '5m', tokenLifetime: '5m' },
      shorterTokens(now),
      ...[1, 2, 3].map(() => ({
        maxTokenLifetime: twice('maxTokenLifetime'),
        grace: twice('grace'),
        rotationPeriod: twice('rotationPeriod'),
      })),
      { publicationLead: twice('publicationLead'), rotationPeriod: twice('rotationPeriod') },
      { rotationPeriod: twice('rotationPeriod') },
      { grace: twice('grace') },
    ]),
  };
};

/** What a policy says of edges, caches, clocks and verifiers. */
const surroundings: Disturber = ({ dice, settings }) => {
  const now = policyOf(settings);
  const twice = (name: string) => `${2 * (parseDuration(String(settings[name])) ?? 1)}s`;
  return {
    kind: 'policy',
    change: dice.pick([
      // Copies of what was published before are out there for as long as they were promised to be.
      withItsLead(settings, { edgeMaxAge: '10s', edgeStaleWhileRevalidate: '0s', edgeStaleIfError: '0s' }),
      withItsLead(settings, { edgeMaxAge: '10s', edgeStaleIfError: '10s' }),
      withItsLead(settings, { edgeMaxAge: '15m' }),
      withItsLead(settings, { verifiers: [...(now.verifiers ?? []).map(verifierToJson), SLOW] }),
      { signerCache: `${2 * now.signerCache}s`, grace: twice('grace') },
      { tick: `${2 * now.tick}s`, rotationPeriod: twice('rotationPeriod') },
      { cryptoperiod: formatDuration(now.rotationPeriod + now.tick + now.maxTokenLifetime) },
      {
        clockSkew: `${2 * now.clockSkew}s`,
        publicationLead: twice('publicationLead'),
        grace: twice('grace'),
        rotationPeriod: twice('rotationPeriod'),
      },
    ]),
  };
};

/** While nobody has recovered, nothing rotates: the rest of a run would be one long hold. */
const restore: Disturber = ({ dice, seconds }) => ({
  kind: 'restore',
  back: dice.pick([60, 3600, seconds / 2]),
  recoverAfter: dice.pick([60, 600, seconds / 4]),
});

const disableByHand: Disturber = ({ dice }) => ({
  kind: 'disable-by-hand',
  which: dice.pick(['active', 'standby'] as const),
  seconds: dice.pick([0, ...BREAKS]),
});

const overwrite: Disturber = ({ dice }) => ({ kind: 'overwrite', thenBurn: dice.chance(0.8) });

const retain: Disturber = ({ dice }) => ({
  kind: 'retain',
  which: dice.pick(['active', 'grace', 'standby'] as const),
  seconds: dice.pick(BREAKS),
});

/** Faults of calls are the most; what people do is rarer. */
export const DISTURBERS: readonly Disturber[] = [
  ...[hinder, hinder, hinder, hinder, hinder, hinder, hinder],
  ...[silence, ticks, ticks, outage, outage, originDown, kmsLag, rotatorClock, signerClock, coldStart],
  ...[rotate, rotate, rotate, rotate, burn, policy, policy, restore, disableByHand, overwrite, overwrite, retain],
];

/** A few of these come on top, by dice of their own, so that they make none of the others rarer. */
export const MORE: readonly Disturber[] = [
  ...[surroundings, surroundings, surroundings, shrinking, shrinking, spoiledCanaries, spoiledCanaries],
  ...[silence, slowActivation, slowActivation, slowActivation, hinderDescribe],
];
