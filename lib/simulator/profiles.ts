/** Worlds to draw from: every window at its minimum within hours, or windows as people have them over weeks. */
import { parsePolicy } from '../core/config.ts';
import { formatDuration, parseDuration } from '../core/duration.ts';
import { minGrace, minPublicationLead } from '../core/policy.ts';
import type { Dice } from './random.ts';

interface Drawn {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly skew: number;
  readonly seconds: number;
}
export interface Profile {
  draw(dice: Dice): Drawn;
  tick(settings: Drawn['settings']): number;
  readonly disturbances: readonly [least: number, most: number];
  readonly signers: number;
  /** Whether tokens are signed around every tick, or around those at which something may happen. */
  readonly dense: boolean;
}
export type ProfileName = 'short' | 'weeks';

const MINUTE = 60;
const DAY = 86_400;

/** What the rules ask for at least, and not a second more, unless the dice say so. */
function tight(settings: Record<string, unknown>, dice: Dice): Record<string, unknown> {
  const policy = parsePolicy({ issuer: 'https://auth.example.com', algorithm: 'ES256', ...settings });
  const spare = () => dice.pick([0, 0, 0, 1, 5 * MINUTE]);
  const lead = minPublicationLead(policy) + spare();
  return {
    ...settings,
    publicationLead: formatDuration(lead),
    rotationPeriod: formatDuration(lead + policy.tick + dice.pick([0, 0, 1, policy.tick])),
    grace: formatDuration(minGrace(policy, policy.maxTokenLifetime) + spare()),
  };
}

/** What only some have: keys that end, as soon as they may; and hours in which they rotate. A world begins on a Friday at eight. */
export function extras(settings: Drawn['settings'], dice: Dice): Drawn['settings'] {
  const policy = parsePolicy({ issuer: 'https://auth.example.com', algorithm: 'ES256', ...settings });
  const cryptoperiod = formatDuration(policy.rotationPeriod + policy.tick + policy.maxTokenLifetime);
  const activationWindow = dice.pick(['Fri 08:30-09:30 UTC', 'Mon-Fri 07:00-09:00 UTC', 'Mon-Sun 00:00-23:00 UTC']);
  return { ...(dice.chance(0.3) && { cryptoperiod }), ...(dice.chance(0.1) && { activationWindow }) };
}

const own = (keyCache: string, refetch: string) => ({ name: `${keyCache} ${refetch}`, keyCache, refetch });

const tick = (settings: Drawn['settings']) => parseDuration(String(settings.tick ?? '15m')) ?? 0;

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  short: {
    signers: 3,
    dense: true,
    disturbances: [8, 18],
    tick,
    draw: (dice) => {
      const skew = dice.pick([0, 1, 60, 60]);
      const verifiers = dice.pick([
        [own('20m', 'never')],
        [own('20m', 'never'), own('1m', '0s')],
        [own('10m', 'never'), own('forever', '10s'), own('2h', '5m')],
        [own('10m', '30s'), own('forever', '0s')],
      ]);
      const settings = {
        verifiers,
        clockSkew: `${skew}s`,
        edgeMaxAge: dice.pick(['60s', '2m']),
        edgeStaleWhileRevalidate: '30s',
        edgeStaleIfError: dice.pick(['30s', '5m']),
        tick: dice.pick(['2m', '5m', '5m', '15m']),
        tokenLifetime: '5m',
        maxTokenLifetime: dice.pick(['5m', '10m', '30m']),
        signerCache: dice.pick(['1s', '30s', '60s']),
        signingLatency: dice.pick(['5s', '30s']),
        verifierLeeway: dice.pick(['0s', '60s']),
        deletionWindow: '7d',
      };
      return { settings: tight(settings, dice), skew, seconds: dice.between(3, 5) * 1800 };
    },
  },
  weeks: {
    signers: 4,
    dense: false,
    disturbances: [15, 40],
    tick,
    draw: (dice) => {
      const settings = {
        verifiers: dice.pick([
          ['alb', 'http-api', 'jose', 'go-oidc'],
          ['http-api', 'jose', 'aws-jwt-verify', 'spring', 'pyjwt'],
          ['rest-api', 'jose', 'keyfunc', 'microsoft'],
          ['envoy', 'istio', 'jwks-rsa', 'sts'],
        ]),
        tick: '15m',
        tokenLifetime: '15m',
        maxTokenLifetime: dice.pick(['1h', '12h']),
        deletionWindow: '7d',
      };
      const period = dice.pick([undefined, '3d', '7d', '10d']);
      const safe = tight(settings, dice);
      const lead = parseDuration(String(safe.publicationLead)) ?? 0;
      const longer =
        period !== undefined && (parseDuration(period) ?? 0) > lead + 900 ? { rotationPeriod: period } : {};
      return {
        settings: { ...safe, ...longer, ...(dice.chance(0.5) && period === '10d' && { grace: '10d' }) },
        skew: 300,
        seconds: 45 * DAY,
      };
    },
  },
};
