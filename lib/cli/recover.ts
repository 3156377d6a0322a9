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
is retired, what only it knows stays until its tokens are dead. A key that KMS does not confirm is named, and
nothing is done until it does, or until you leave it out. Needs grantOperate.

  --without KID       leave this key out, though KMS only hides it and its tokens end now; once for each key
  --yes               do not ask
${TARGET_HELP}
Example:
  keyturn recover --stack Tokens
  keyturn recover --stack Tokens --without aJSXe7Ofvn1GRpaYVlGSDpAK7G0zhm8tUKHLwCcZ2oE
`;

const OPTIONS = {
  ...TARGET_OPTIONS,
  without: { type: 'string', multiple: true },
  yes: { type: 'boolean', default: false },
} as const;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const target = await resolveTarget(values);
  const issuer = target.outputs.IssuerUrl;
  const { without = [] } = values;
  const ends = without.length > 0 ? ` Every token of ${without.join(', ')} ends now.` : '';
  await confirmed(
    `The published document becomes the truth about the keys of ${issuer}.${ends}`,
    'recover',
    values.yes,
  );
  const request = { operation: 'recover', ...(without.length > 0 && { without }) };
  const report = await withProgress('recovering', operate<TickReport>(target, request), values.json);
  if (values.json) printJson(report);
  else {
    print(`${issuer} goes on from version ${report.documentVersion}`);
    printReport(report);
  }
  return report.holds.length === 0 ? EXIT.done : EXIT.problem;
}
