/** `keyturn recover`: the published document is the truth, after the table was restored or lost. */
import { parseArgs } from 'node:util';
import type { TickReport } from '../core/rotate.ts';
import { confirmed } from './confirm.ts';
import { operate, printReport, withProgress } from './operating.ts';
import { resolveTarget } from './target.ts';
import { EXIT, print, printJson, TARGET_HELP, TARGET_OPTIONS } from './verb.ts';

export const summary = 'go on after the table was restored or lost';

export const help = `Usage: keyturn recover [options]

Ticks stop with document_newer when the keyring is older than what is published. Find out why first
(docs/runbooks/restored-table.md). Then this takes the published document for the truth: what has left it
is retired, what only it knows stays until its tokens are dead. Needs grantOperate.

  --yes               do not ask
${TARGET_HELP}
Example:
  keyturn recover --stack Tokens
`;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { ...TARGET_OPTIONS, yes: { type: 'boolean', default: false } } });
  const target = await resolveTarget(values);
  const issuer = target.outputs.IssuerUrl;
  await confirmed(`The published document becomes the truth about the keys of ${issuer}.`, 'recover', values.yes);
  const report = await withProgress('recovering', operate<TickReport>(target, { operation: 'recover' }), values.json);
  if (values.json) printJson(report);
  else {
    print(`${issuer} goes on from version ${report.documentVersion}`);
    printReport(report);
  }
  return report.holds.length === 0 ? EXIT.done : EXIT.problem;
}
