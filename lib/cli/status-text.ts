/** What `status` says to a person. Pure, but for the colours of a terminal. */
import { formatDuration, formatInstant } from '../core/duration.ts';
import { isObserved, isRendered, type Keyring, type RenderedKey } from '../core/keyring.ts';
import type { Forecast } from '../core/outlook.ts';
import { spansOf } from '../core/spans.ts';
import type { TickRecord } from '../core/tick-record.ts';
import { type Checks, isUnchecked } from './checks.ts';
import type { Finding } from './findings.ts';
import type { Remains } from './no-keyring.ts';
import { roughly, short, shortened, table } from './shortened.ts';
import { drawTimeline } from './timeline.ts';
import { paint } from './verb.ts';
import type { View } from './view.ts';

/** The next rotation and all that it brings with it. */
export const horizonOf = ({ policy, now }: View): number =>
  now + policy.rotationPeriod + policy.grace + 3 * policy.tick;

export const nextTickAt = ({ tick, policy, now }: Pick<View, 'tick' | 'policy' | 'now'>): number =>
  tick.at + policy.tick > now ? tick.at + policy.tick : now + 1;

/** Since when it is what it is. */
export const since = (key: RenderedKey): number | undefined =>
  key.state === 'active' ? key.activatedAt : key.state === 'grace' ? key.endedAt : key.observedAt;

export function statusText(view: View, checks: Checks, findings: readonly Finding[], next: readonly Forecast[]) {
  const { keyring, now } = view;
  const problems = findings.filter(({ severity }) => severity === 'problem');
  const verdict = problems.length === 0 ? paint('green', 'well') : paint('red', 'NOT WELL');
  return [
    `${paint('bold', keyring.issuer)}   ${verdict}`,
    '',
    ...findings.flatMap(sentences),
    ...(findings.length > 0 ? [''] : []),
    ...keyTable(keyring, next, now),
    '',
    ...facts(view, checks).map(([name, value]) => `  ${name.padEnd(11)}  ${value}`),
    ...next.slice(0, 3).map((one) => `  ${'next'.padEnd(11)}  ${forecast(one)}`),
    '',
    drawTimeline(spansOf(keyring, view.policy, nextTickAt(view), horizonOf(view)), now, horizonOf(view)),
  ].join('\n');
}

/** Of an issuer without a keyring. */
export function remainsText({ issuer, tick, now }: Remains, findings: readonly Finding[]): string {
  const last = tick && `  ${'last tick'.padEnd(11)}  ${lastTick(tick, now)}`;
  const heading = `${paint('bold', issuer)}   ${paint('red', 'NOT WELL')}`;
  return [heading, '', ...findings.flatMap(sentences), ...(last ? ['', last] : [])].join('\n');
}

const sentences = ({ severity, what, fix }: Finding): string[] => [
  `  ${severity === 'problem' ? paint('red', '!') : paint('yellow', '-')} ${what}`,
  `      ${fix}`,
];

function facts(view: View, { schedule, permissions }: Checks): [string, string][] {
  const { edge, keyring, tick, now, clockOffset, policy } = view;
  const denied = isUnchecked(permissions) ? undefined : permissions.length;
  return [
    ['edge', `version ${edge?.version ?? 'unknown'}, the keyring is at ${keyring.documentVersion}`],
    ['last tick', lastTick(tick, now)],
    ['schedule', scheduleText(schedule, policy.tick)],
    ['permissions', isUnchecked(permissions) ? notChecked(permissions.unchecked) : permitted(denied ?? 0)],
    ['clock', clockText(clockOffset)],
  ];
}

const notChecked = (why: string): string => paint('dim', `not checked: ${why}`);
const permitted = (denied: number): string =>
  denied === 0 ? 'signer, rotator and operator may do what they need' : `${denied} are missing`;

function scheduleText(schedule: Checks['schedule'], tick: number): string {
  if (!schedule) return 'gone';
  if (isUnchecked(schedule)) return notChecked(schedule.unchecked);
  const rate = schedule.seconds === tick ? `every ${formatDuration(tick)}` : schedule.expression;
  return `${rate}, ${schedule.isEnabled ? 'enabled' : 'DISABLED'}`;
}

/** A Date header is cut to the second. */
const clockText = (offset: number): string =>
  Math.abs(offset) < 2
    ? 'this machine agrees with AWS'
    : `this machine is ${formatDuration(Math.abs(offset))} ${offset > 0 ? 'ahead of' : 'behind'} AWS`;

function lastTick({ at, error, report }: TickRecord, now: number): string {
  const steps = report?.steps.map(({ step }) => step).join(', ') || 'nothing was due';
  return `${formatDuration(Math.max(0, now - at))} ago: ${error ? `failed, ${error.code}` : steps}`;
}

const forecast = ({ at, step, kid, why }: Forecast): string =>
  `${formatInstant(at)} ${step}${kid ? ` ${short(kid)}` : ''}: ${shortened(why.split(';')[0] ?? why)}`;

/** For as long as somebody may ask what became of it. */
const BURNED_SHOWN = 30 * 86_400;

function keyTable({ keys, imported = [] }: Keyring, next: readonly Forecast[], now: number): string[] {
  const rows = keys.flatMap((key): string[][] => {
    if (isRendered(key)) {
      const start = since(key);
      const age = start === undefined ? 'not seen' : roughly(now - start);
      const hint = due(key, next, now);
      return [[short(key.kid), key.state, age, key.algorithm, key.retained ? `${hint} (retained)` : hint]];
    }
    if (key.state !== 'compromised' || now - key.endedAt > BURNED_SHOWN) return [];
    return [[short(key.kid), 'burned', roughly(now - key.endedAt), '', key.reason]];
  });
  const foreign = imported.map(({ jwk, until }) => {
    return [short(jwk.kid), 'imported', '', jwk.alg, `leaves in ${roughly(until - now)}`];
  });
  return table([['KEY', 'STATE', 'FOR', 'ALGORITHM', 'NEXT'], ...rows, ...foreign]);
}

function due(key: RenderedKey, next: readonly Forecast[], now: number): string {
  if (key.state === 'pending' && !isObserved(key)) return 'waits for the edge';
  const left = ({ at }: Forecast) => roughly(at - now);
  const successor = key.state === 'active' && next.find(({ step }) => step === 'activate');
  const own = next.find(({ kid }) => kid === key.kid);
  return [
    ...(successor ? [`signs for ${left(successor)} more`] : []),
    ...(own ? [`${own.step}s in ${left(own)}`] : []),
  ].join(', ');
}
