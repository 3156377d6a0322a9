/** `keyturn status`: is it well, what is it doing, and what comes next? */
import { parseArgs } from 'node:util';
import { renderedKeys } from '../core/keyring.ts';
import { type Forecast, foresee } from '../core/outlook.ts';
import type { TickRecord } from '../core/tick-record.ts';
import { type Checks, checkFindings, checksOf } from './checks.ts';
import { type Finding, findingsOf } from './findings.ts';
import { since } from './key-table.ts';
import { findingsOfRemains, NoKeyringError, type Remains } from './no-keyring.ts';
import { horizonOf, nextTickAt, remainsText, statusText } from './status-text.ts';
import { resolveTarget } from './target.ts';
import { EXIT, print, printJson, TARGET_HELP, TARGET_OPTIONS, terminalColumns } from './verb.ts';
import { type View, viewOf } from './view.ts';

export const summary = 'is it well, and what comes next';

export const help = `Usage: keyturn status [options]

Keys with state and age, what is due when and what holds it, what the edge serves, the last tick, the
schedule, what the roles may do, the clock, and a timeline of the keys. Each thing that is not well comes
with what to do about it. Needs what grantRead gives; with grantAudit it looks at schedule and roles too.
Exits with 1 when something is not well.

${TARGET_HELP}
Examples:
  keyturn status
  keyturn status --stack Tokens --region eu-central-1
  keyturn status --url http://localhost:4790 --json
`;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: TARGET_OPTIONS, terminalColumns });
  const target = await resolveTarget(values);
  const view = await viewOf(target).catch(remainsOf);
  if (isRemains(view)) return statusOfRemains(view, values.json);
  const checks = await checksOf(target, view);
  const findings = [...findingsOf(view), ...checkFindings(checks, view)];
  const next = comingUp(view);
  if (values.json) printJson(asJson(view, checks, findings, next));
  else print(statusText(view, checks, findings, next, terminalColumns()));
  return isWell(findings) ? EXIT.done : EXIT.problem;
}

const isRemains = (view: View | Remains): view is Remains => !('keyring' in view);

function remainsOf(error: unknown): Remains {
  if (error instanceof NoKeyringError) return error.remains;
  throw error;
}

function statusOfRemains(remains: Remains, isJson: boolean): number {
  const findings = findingsOfRemains(remains);
  const { issuer, tick, edge } = remains;
  const nothing = { keys: [], imported: [], next: [] };
  const known = { documentVersion: 0, edgeVersion: edge?.version, lastTick: tick && lastTickOf(tick) };
  if (isJson) printJson({ issuer, isWell: false, revision: 0, ...known, ...nothing, findings });
  else print(remainsText(remains, findings, terminalColumns()));
  return EXIT.problem;
}

const lastTickOf = ({ at, seconds, error, report }: TickRecord) => ({
  at,
  seconds,
  error,
  steps: report?.steps,
  holds: report?.holds,
});

const isWell = (findings: readonly Finding[]): boolean => !findings.some(({ severity }) => severity === 'problem');

/** The next rotation and what it brings with it. */
const comingUp = (view: View): Forecast[] =>
  foresee(view.keyring, view.policy, nextTickAt(view), horizonOf(view)).filter(({ step }) => step !== 'forget');

function asJson(view: View, checks: Checks, findings: readonly Finding[], next: readonly Forecast[]) {
  const { keyring, revision, tick, edge, clockOffset, policy } = view;
  return {
    issuer: keyring.issuer,
    isWell: isWell(findings),
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
    lastTick: lastTickOf(tick),
    schedule: checks.schedule ?? null,
    permissions: 'unchecked' in checks.permissions ? checks.permissions : { denied: checks.permissions },
    clockOffset,
    next,
    findings,
  };
}
