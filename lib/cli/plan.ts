/** `keyturn plan`: what will happen, when and why, by the shipped rules. Touches nothing. */
import { parseArgs } from 'node:util';
import { type Policy, parsePolicy } from '../core/config.ts';
import { formatInstant, readDuration } from '../core/duration.ts';
import { type Forecast, foresee } from '../core/outlook.ts';
import { requireSafe } from '../core/policy.ts';
import { spansOf } from '../core/spans.ts';
import { readConfig } from './config-file.ts';
import { hanging, roughly, shortened, table } from './shortened.ts';
import { nextTickAt } from './status-text.ts';
import { resolveTarget } from './target.ts';
import { drawTimeline } from './timeline.ts';
import { EXIT, given, paint, print, printJson, TARGET_HELP, TARGET_OPTIONS, terminalColumns } from './verb.ts';
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
  const days = values.until.replace(/(\d+)y/g, (_, years) => `${Number(years) * 365}d`);
  const seconds = await given(() => readDuration('--until', days));
  const view = await viewOf(await resolveTarget(values));
  const policy = values.config === undefined ? view.policy : await tried(view, values.config);
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
async function tried({ policy }: View, file: string): Promise<Policy> {
  const { clients: _, issuer = policy.issuer, ...config } = readConfig(file);
  if (issuer !== policy.issuer)
    process.stderr.write(
      `keyturn plan: ${file} is of ${String(issuer)}; this is what it would do to ${policy.issuer}\n`,
    );
  return requireSafe(await given(() => parsePolicy({ ...config, issuer: policy.issuer })));
}
