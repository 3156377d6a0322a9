/** `keyturn rotate`: the standby signs now. */
import { parseArgs } from 'node:util';
import type { TickReport } from '../core/rotate.ts';
import { operate, printReport, withProgress } from './operating.ts';
import { resolveTarget } from './target.ts';
import { EXIT, print, printJson, TARGET_HELP, TARGET_OPTIONS, UsageError } from './verb.ts';

export const summary = 'the standby signs now';

export const help = `Usage: keyturn rotate --reason TEXT [options]

An ordinary rotation that the calendar does not ask for. With a standby that has had its lead it happens
at once; else the answer says what holds it, and the ticks go on with it. Needs grantOperate.
For a key that may be compromised: keyturn burn.

  --reason TEXT       why, for the log
${TARGET_HELP}
Example:
  keyturn rotate --reason "key ceremony"
`;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { ...TARGET_OPTIONS, reason: { type: 'string' } } });
  if (!values.reason) throw new UsageError('--reason must be given: it goes to the log');
  const target = await resolveTarget(values);
  const request = { operation: 'rotate', reason: values.reason };
  const report = await withProgress('rotating', operate<TickReport>(target, request), values.json);
  const isDone = report.steps.some(({ step }) => step === 'activate');
  if (values.json) printJson(report);
  else {
    print(isDone ? `${target.outputs.IssuerUrl} signs with another key` : 'the rotation is noted, and held:');
    printReport(report);
  }
  return isDone ? EXIT.done : EXIT.problem;
}
