/** What `status` says to a person. Pure, but for the colours of a terminal. */
import { formatDuration, formatInstant } from '../core/duration.ts';
import type { Forecast } from '../core/outlook.ts';
import { spansOf } from '../core/spans.ts';
import type { TickRecord } from '../core/tick-record.ts';
import { type Checks, isUnchecked } from './checks.ts';
import type { Finding } from './findings.ts';
import { keyTable } from './key-table.ts';
import type { Remains } from './no-keyring.ts';
import { hanging, short, shortened } from './shortened.ts';
import { drawTimeline } from './timeline.ts';
import { paint } from './verb.ts';
import type { View } from './view.ts';

/** The next rotation and all that it brings with it. */
export const horizonOf = ({ policy, now }: View): number =>
  now + policy.rotationPeriod + policy.grace + 3 * policy.tick;

export const nextTickAt = ({ tick, policy, now }: Pick<View, 'tick' | 'policy' | 'now'>): number =>
  tick.at + policy.tick > now ? tick.at + policy.tick : now + 1;

/** @param columns of the terminal, where there is one */
export function statusText(
  view: View,
  checks: Checks,
  findings: readonly Finding[],
  next: readonly Forecast[],
  columns?: number,
): string {
  const { keyring, now } = view;
  const row = (name: string, value: string) => hanging(`  ${name.padEnd(11)}  `, 15, value, columns);
  const problems = findings.filter(({ severity }) => severity === 'problem');
  const verdict = problems.length === 0 ? paint('green', 'well') : paint('red', 'NOT WELL');
  return [
    `${paint('bold', keyring.issuer)}   ${verdict}`,
    '',
    ...findings.flatMap((finding) => sentences(finding, columns)),
    ...(findings.length > 0 ? [''] : []),
    ...keyTable(keyring, next, now, columns),
    '',
    ...facts(view, checks).flatMap(([name, value]) => row(name, value)),
    ...next.slice(0, 3).flatMap((one) => row('next', forecast(one))),
    '',
    drawTimeline(spansOf(keyring, view.policy, nextTickAt(view), horizonOf(view)), now, horizonOf(view), columns),
  ].join('\n');
}

/** Of an issuer without a keyring. */
export function remainsText({ issuer, tick, now }: Remains, findings: readonly Finding[], columns?: number): string {
  const last = tick && `  ${'last tick'.padEnd(11)}  ${lastTick(tick, now)}`;
  const heading = `${paint('bold', issuer)}   ${paint('red', 'NOT WELL')}`;
  const found = findings.flatMap((finding) => sentences(finding, columns));
  return [heading, '', ...found, ...(last ? ['', last] : [])].join('\n');
}

const sentences = ({ severity, what, fix }: Finding, columns?: number): string[] => [
  ...hanging(`  ${severity === 'problem' ? paint('red', '!') : paint('yellow', '-')} `, 4, what, columns),
  ...hanging(' '.repeat(6), 6, fix, columns),
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
