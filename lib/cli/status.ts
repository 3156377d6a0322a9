/** `keyturn status`: is it well, what is it doing, and what comes next? */
import { parseArgs } from 'node:util';
import { formatDuration, formatInstant } from '../core/duration.ts';
import { isObserved, type Keyring, type RenderedKey, renderedKeys } from '../core/keyring.ts';
import { type Forecast, foresee } from '../core/outlook.ts';
import { type Finding, findingsOf } from './findings.ts';
import { resolveTarget } from './target.ts';
import { drawTimeline, spansOf } from './timeline.ts';
import { EXIT, print, printJson, TARGET_HELP, TARGET_OPTIONS } from './verb.ts';
import { type View, viewOf } from './view.ts';

export const summary = 'is it well, and what comes next';

export const help = `Usage: keyturn status [options]

Keys with state and age, what is due when, what the edge serves, the last tick, and what is not well
with what to do about it. Needs what grantRead gives. Exits with 1 when something is not well.

${TARGET_HELP}
Examples:
  keyturn status
  keyturn status --stack Tokens --region eu-central-1
  keyturn status --url http://localhost:4790 --json
`;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: TARGET_OPTIONS });
  const target = await resolveTarget(values);
  const view = await viewOf(target);
  const findings = findingsOf(view);
  const next = comingUp(view);
  if (values.json) printJson(asJson(view, findings, next));
  else show(view, findings, next);
  return findings.some(({ severity }) => severity === 'problem') ? EXIT.problem : EXIT.done;
}

/** The next rotation and what it brings with it. */
const horizon = ({ policy, now }: View): number => now + policy.rotationPeriod + policy.grace + 3 * policy.tick;
const comingUp = (view: View): Forecast[] =>
  foresee(view.keyring, view.policy, nextTickAt(view), horizon(view)).filter(({ step }) => step !== 'forget');

export const nextTickAt = ({ tick, policy, now }: Pick<View, 'tick' | 'policy' | 'now'>): number =>
  tick.at + policy.tick > now ? tick.at + policy.tick : now + 1;

/** Since when it is what it is. */
const since = (key: RenderedKey): number | undefined =>
  key.state === 'active' ? key.activatedAt : key.state === 'grace' ? key.endedAt : key.observedAt;

function asJson(view: View, findings: readonly Finding[], next: readonly Forecast[]) {
  const { keyring, revision, tick, edge, clockOffset, policy } = view;
  return {
    issuer: keyring.issuer,
    isWell: !findings.some(({ severity }) => severity === 'problem'),
    revision,
    documentVersion: keyring.documentVersion,
    edgeVersion: edge?.version,
    algorithm: policy.algorithm,
    keys: renderedKeys(keyring).map((key) => ({
      kid: key.kid,
      state: key.state,
      algorithm: key.algorithm,
      createdAt: key.createdAt,
      since: since(key),
      ...(key.retained && { retained: true }),
    })),
    imported: (keyring.imported ?? []).map(({ jwk, until, source }) => ({ kid: jwk.kid, until, source })),
    lastTick: {
      at: tick.at,
      seconds: tick.seconds,
      error: tick.error,
      steps: tick.report?.steps,
      holds: tick.report?.holds,
    },
    clockOffset,
    next,
    findings,
  };
}

function show(view: View, findings: readonly Finding[], next: readonly Forecast[]): void {
  const { keyring, tick, edge, now } = view;
  const isWell = !findings.some(({ severity }) => severity === 'problem');
  print(`${keyring.issuer}   ${isWell ? 'well' : 'NOT WELL'}\n`);
  for (const line of keyTable(keyring, next, now)) print(line);
  print('');
  print(`  edge       version ${edge?.version ?? 'unknown'}, the keyring is at ${keyring.documentVersion}`);
  print(`  last tick  ${formatDuration(now - tick.at)} ago: ${lastTick(view)}`);
  for (const { at, step, kid, why } of next.slice(0, 3)) {
    print(`  next       ${formatInstant(at)} ${step}${kid ? ` ${short(kid)}` : ''}: ${shortened(why, view)}`);
  }
  if (findings.length > 0) print('');
  for (const { severity, what, fix } of findings)
    print(`  ${severity === 'problem' ? '!' : '-'} ${what}\n      ${fix}`);
  print(`\n${drawTimeline(spansOf(keyring, view.policy, nextTickAt(view), horizon(view)), now, horizon(view))}`);
}

function lastTick({ tick }: View): string {
  if (tick.error) return `failed, ${tick.error.code}`;
  const steps = tick.report?.steps.map(({ step }) => step) ?? [];
  return steps.length > 0 ? steps.join(', ') : 'nothing was due';
}

function keyTable(keyring: Keyring, next: readonly Forecast[], now: number): string[] {
  const rows = renderedKeys(keyring).map((key) => {
    const start = since(key);
    const age = start === undefined ? 'not seen' : formatDuration(roughly(now - start));
    const coming = next.find(({ kid }) => kid === key.kid);
    const due = coming ? `${coming.step}s in ${formatDuration(roughly(coming.at - now))}` : '';
    const hint = key.state === 'pending' && !isObserved(key) ? 'waits for the edge' : due;
    return [short(key.kid), key.state, age, key.algorithm, key.retained ? `${hint} (retained)` : hint];
  });
  const foreign = (keyring.imported ?? []).map(({ jwk, until }) => {
    return [short(jwk.kid), 'imported', '', jwk.alg, `leaves in ${formatDuration(roughly(until - now))}`];
  });
  const table = [['KEY', 'STATE', 'FOR', 'ALGORITHM', 'NEXT'], ...rows, ...foreign];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  return table.map((row) => `  ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('   ')}`.trimEnd());
}

/** To the minute, where seconds say nothing. */
const roughly = (seconds: number): number => (seconds > 600 ? Math.round(seconds / 60) * 60 : seconds);
/** A reason with its kids cut: the table above has them. */
const shortened = (why: string, { keyring }: View): string =>
  keyring.keys.reduce((text, { kid }) => text.replaceAll(kid, short(kid)), why.split(';')[0] ?? why);
const short = (kid: string): string => (kid.length > 14 ? `${kid.slice(0, 13)}…` : kid);
