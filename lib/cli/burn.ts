/** `keyturn burn`: a key that somebody else could have used is out of use, as fast as caches allow. */
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { BurnReport } from '../core/burn.ts';
import { documentPaths } from '../core/issuer.ts';
import { readJwks } from '../core/jwks.ts';
import { keepReport, reportName } from './burn-report.ts';
import { type BurnAnswer, burnLines, exposureLines, type NotDisabled } from './burn-text.ts';
import { confirmed } from './confirm.ts';
import { kidsApart } from './kid-arguments.ts';
import { kidAt } from './kid-named.ts';
import { operate, printReport, withProgress } from './operating.ts';
import { resolveTarget, type Target } from './target.ts';
import { EXIT, print, printJson, TARGET_HELP, TARGET_OPTIONS, UsageError } from './verb.ts';

export const summary = 'a compromised key is out of use at once';

export const help = `Usage: keyturn burn KID --reason TEXT [options]
       keyturn burn --all --reason TEXT [options]

The key is disabled in KMS, leaves the JWKS, and the edge forgets it. A key that nobody has seen flushes it
from caches that keep for ever. The answer says who may still accept it, until when: docs/emergency.md.
Every token of the key ends with it. Needs grantOperate. Exits with 1 while KMS could not disable the key, the
documents still hold it, or the edge still serves it: burn it again then, it is the same burn.

  KID                 whole, or how it begins: at least four characters, as status shows it
  --reason TEXT       what happened, for the log
  --all               every key in the JWKS
  --flush             the fresh key signs at once, though some declared verifiers will reject it for a while
  --report FILE       the whole answer as JSON (default: burn-KID-TIME.json)
  --yes               do not ask for the kid to be typed
${TARGET_HELP}
Examples:
  keyturn burn aJSXe7Ofvn1G… --reason "laptop stolen"
  keyturn burn --all --reason "account broken into" --flush --yes --json
`;

const OPTIONS = {
  ...TARGET_OPTIONS,
  all: { type: 'boolean', default: false },
  flush: { type: 'boolean', default: false },
  reason: { type: 'string' },
  report: { type: 'string' },
  yes: { type: 'boolean', default: false },
} as const;

/** An invalidation takes seconds. */
const EDGE_PATIENCE_MS = 60_000;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: kidsApart(args), options: OPTIONS, allowPositionals: true });
  const { all, flush, reason } = values;
  const [typed] = positionals;
  if ((typed === undefined) === !all || positionals.length > 1) throw new UsageError('burn takes one kid, or --all');
  if (!reason) throw new UsageError('--reason must be given: it goes to the log and to the keyring');
  const target = await resolveTarget(values);
  const issuer = target.outputs.IssuerUrl;
  const kid = typed === undefined ? undefined : await kidAt(target, typed);
  const word = kid ?? 'all';
  await confirmed(`Every token that ${all ? 'any key' : kid} of ${issuer} has signed ends now.`, word, values.yes);
  const request = { operation: 'burn', ...(all ? { all } : { kid }), reason, flush };
  const report = await withProgress('burning', operate<BurnReport>(target, request), values.json);
  const edgeIsClean = await withProgress('waiting for the edge', isClean(target, report.burned), values.json);
  const answer = { ...report, edgeIsClean, notDisabled: await notDisabled(target, report) };
  if (values.json) printJson(answer);
  else show(answer);
  const file = values.report ?? reportName(kid, new Date());
  const fault = keepReport(file, { issuer, reason, ...answer });
  if (fault !== undefined)
    process.stderr.write(
      `keyturn burn: the report could not be written to ${file}: ${fault}; keep the answer itself\n`,
    );
  else if (!values.json) print(`\nthe whole answer is in ${file}`);
  return isOver(answer) ? EXIT.done : EXIT.problem;
}

/** A tick that failed has left the fresh key undone. */
const isOver = ({ edgeIsClean, removedAt, notDisabled, holds }: BurnAnswer): boolean =>
  edgeIsClean && removedAt !== undefined && notDisabled.length === 0 && !holds.some(({ step }) => step === 'tick');

async function isClean(target: Target, burned: readonly string[]): Promise<boolean> {
  const path = documentPaths(target.outputs.IssuerUrl).jwks;
  for (const end = Date.now() + EDGE_PATIENCE_MS; Date.now() < end; await after(2000)) {
    const served = await target.edge.fetch(path).catch(() => undefined);
    const kids = served && readJwks(served.body)?.kids;
    if (kids && !burned.some((kid) => kids.has(kid))) return true;
  }
  return false;
}

/** Whether the burn's own tick has made up for a disable that failed, the keyring says to whoever may read it. */
async function notDisabled({ keyrings }: Target, { burned, holds }: BurnReport): Promise<NotDisabled[]> {
  if (!holds.some(({ step }) => step === 'disable')) return [];
  const { keyring } = await keyrings.load().catch(() => ({ keyring: undefined }));
  if (!keyring) return burned.map((kid) => ({ kid }));
  return keyring.keys
    .filter((key) => burned.includes(key.kid) && key.state === 'compromised' && key.disabledAt === undefined)
    .map(({ kid, keyArn }) => ({ kid, keyArn }));
}

function show(answer: BurnAnswer): void {
  for (const line of burnLines(answer)) print(line);
  printReport(answer);
  for (const line of exposureLines(answer, Date.now() / 1000)) print(line);
}
