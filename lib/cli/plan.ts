/** `keyturn plan`: what will happen, when and why, by the shipped rules. Touches nothing. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Policy, parsePolicy, policyToJson } from '../core/config.ts';
import { formatInstant, readDuration } from '../core/duration.ts';
import { type Forecast, foresee } from '../core/outlook.ts';
import { requireSafe } from '../core/policy.ts';
import { spansOf } from '../core/spans.ts';
import { hanging, roughly, shortened, table } from './shortened.ts';
import { nextTickAt } from './status-text.ts';
import { resolveTarget } from './target.ts';
import { drawTimeline } from './timeline.ts';
import { EXIT, paint, print, printJson, TARGET_HELP, TARGET_OPTIONS, terminalColumns, UsageError } from './verb.ts';
import { type View, viewOf } from './view.ts';

export const summary = 'what will happen, when and why';

export const help = `Usage: keyturn plan [options]

Every step that the deployed rules will take from now on, if nothing fails; with --config, what they
would do under another policy. Computed here, with what grantRead gives; nothing is changed.

  --until TIME        a duration such as 1y, 90d, 12h (default: 1y)
  --config FILE       a keyturn.config.json to try; windows that break the promise are refused
${TARGET_HELP}
Examples:
  keyturn plan --until 90d
  keyturn plan --config keyturn.config.json --url http://localhost:4790
`;

export async function run(args: string[]): Promise<number> {
  const options = { ...TARGET_OPTIONS, until: { type: 'string', default: '1y' }, config: { type: 'string' } } as const;
  const { values } = parseArgs({ args, options });
  const seconds = readDuration(
    '--until',
    values.until.replace(/(\d+)y/g, (_, years) => `${Number(years) * 365}d`),
  );
  const view = await viewOf(await resolveTarget(values));
  const policy = values.config === undefined ? view.policy : tried(view, values.config);
  const until = view.now + seconds;
  const events = foresee(view.keyring, policy, nextTickAt(view), until);
  if (values.json) printJson({ issuer: view.keyring.issuer, until, events });
  else {
    const given = values.config === undefined ? '' : ` under ${values.config}`;
    print(`${paint('bold', view.keyring.issuer)}   until ${formatInstant(until)}${given}\n`);
    const columns = terminalColumns();
    for (const line of eventLines(events, view.now, columns)) print(line);
    print(`\n${drawTimeline(spansOf(view.keyring, policy, nextTickAt(view), until), view.now, until, columns)}`);
  }
  return EXIT.done;
}

/** What it is about, and below it why. */
function eventLines(events: readonly Forecast[], now: number, columns?: number): string[] {
  if (events.length === 0) return ['  nothing is due'];
  const rows = events.map(({ at, step, kid = '' }) => [formatInstant(at), `in ${roughly(at - now)}`, step, kid]);
  const indent = '  YYYY-MM-DDTHH:MM:SSZ   '.length;
  return table(rows).flatMap((line, index) => [
    line,
    ...hanging(' '.repeat(indent), indent, shortened(events[index]?.why ?? ''), columns),
  ]);
}

/** The issuer is what it is; everything else the file may change. */
function tried(view: View, file: string): Policy {
  let config: Record<string, unknown>;
  try {
    const { clients: _, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    config = rest;
  } catch (cause) {
    throw new UsageError(`--config ${file} cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  const { issuer } = policyToJson(view.policy);
  return requireSafe(parsePolicy({ ...config, issuer }));
}
