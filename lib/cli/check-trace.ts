/** `keyturn check-trace < log.ndjson`: what the log of a deployment says of each invariant. */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { parsePolicy } from '../core/config.ts';
import { evidenceOfLog } from '../simulator/evidence-of-log.ts';
import type { Verdict } from '../simulator/invariants.ts';
import { verdictsOfLog } from '../simulator/verdicts-of-log.ts';
import { readConfig } from './config-file.ts';
import { EXIT, given, print, printJson, UsageError } from './verb.ts';

export const summary = 'decide the invariants on the log of a deployment';

export const help = `Usage: keyturn check-trace --config FILE [options] < log.ndjson

Reads the lines that rotate, operate and sign leave, from the issuer's beginning or from any day on, and
decides the invariants of docs/proof.md on them. What a log does not show is undecided, never a pass.

  --config FILE       the policy in force, as in keyturn.config.json
  --issuer URL        whose lines (default: the configuration's)
  --json              one JSON object
  --help

Exit code 1: an invariant is violated.

Examples:
  keyturn check-trace --config keyturn.config.json < log.ndjson
`;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { config: { type: 'string' }, issuer: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  if (values.config === undefined) throw new UsageError('--config must name the policy that is in force');
  const { clients: _, ...config } = readConfig(values.config);
  const issuer = values.issuer ?? config.issuer;
  if (issuer === undefined) throw new UsageError('--issuer must name whose lines: the configuration has no issuer');
  const policy = await given(() => parsePolicy({ ...config, issuer }));
  const lines: string[] = [];
  for await (const line of createInterface({ input: process.stdin })) lines.push(line);
  const evidence = evidenceOfLog(lines, policy);
  const found = verdictsOfLog(lines, policy);
  if (values.json)
    printJson({
      issuer: policy.issuer,
      tokens: evidence.tokens.length,
      documents: evidence.documents.length,
      verdicts: found,
    });
  else for (const one of found) print(sentence(one));
  return found.some(({ verdict }) => verdict === 'violated') ? EXIT.problem : EXIT.done;
}

const EXAMPLES = 3;

function sentence({ invariant, verdict, checked, violations, undecided }: Verdict): string {
  const head = `${invariant.padEnd(4)}${verdict.padEnd(10)} ${checked} looked at`;
  const said = verdict === 'violated' ? violations : undecided;
  const more = said.length > EXAMPLES ? [`and ${said.length - EXAMPLES} more`] : [];
  return [head, ...[...said.slice(0, EXAMPLES), ...more].map((why) => `      ${why}`)].join('\n');
}
