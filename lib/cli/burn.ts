/** `keyturn burn`: a key that somebody else could have used is out of use, as fast as caches allow. */
import { writeFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { BurnReport } from '../core/burn.ts';
import { formatInstant } from '../core/duration.ts';
import type { Exposure } from '../core/exposure.ts';
import { documentPaths } from '../core/issuer.ts';
import { readJwks } from '../core/jwks.ts';
import { confirmed } from './confirm.ts';
import { kidsApart } from './kid-arguments.ts';
import { operate, printReport, withProgress } from './operating.ts';
import { table, until } from './shortened.ts';
import { resolveTarget, type Target } from './target.ts';
import { EXIT, print, printJson, TARGET_HELP, TARGET_OPTIONS, UsageError } from './verb.ts';

export const summary = 'a compromised key is out of use at once';

export const help = `Usage: keyturn burn KID --reason TEXT [options]
       keyturn burn --all --reason TEXT [options]

The key is disabled in KMS, leaves the JWKS, and the edge forgets it. A key that nobody has seen flushes it
from caches that keep for ever. The answer says who may still accept it, until when: docs/emergency.md.
Every token of the key ends with it. Needs grantOperate.

  --reason TEXT       what happened, for the log
  --all               every key in the JWKS
  --flush             the fresh key signs at once, though some declared verifiers will reject it for a while
  --report FILE       the whole answer as JSON (default: burn-KID.json)
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
  const [kid] = positionals;
  if ((kid === undefined) === !all || positionals.length > 1) throw new UsageError('burn takes one kid, or --all');
  if (!reason) throw new UsageError('--reason must be given: it goes to the log and to the keyring');
  const target = await resolveTarget(values);
  const issuer = target.outputs.IssuerUrl;
  const word = kid ?? 'all';
  await confirmed(`Every token that ${all ? 'any key' : kid} of ${issuer} has signed ends now.`, word, values.yes);
  const request = { operation: 'burn', ...(all ? { all } : { kid }), reason, flush };
  const report = await withProgress('burning', operate<BurnReport>(target, request), values.json);
  const isClean = await withProgress('waiting for the edge', edgeIsClean(target, report.burned), values.json);
  const file = values.report ?? `burn-${kid ?? 'all'}.json`;
  writeFileSync(file, `${JSON.stringify({ issuer, reason, ...report, edgeIsClean: isClean }, null, 2)}\n`);
  if (values.json) printJson({ ...report, edgeIsClean: isClean });
  else show(report, isClean, file);
  return isClean && report.removedAt !== undefined ? EXIT.done : EXIT.problem;
}

async function edgeIsClean(target: Target, burned: readonly string[]): Promise<boolean> {
  const path = documentPaths(target.outputs.IssuerUrl).jwks;
  for (const end = Date.now() + EDGE_PATIENCE_MS; Date.now() < end; await after(2000)) {
    const served = await target.edge.fetch(path).catch(() => undefined);
    const kids = served && readJwks(served.body)?.kids;
    if (kids && !burned.some((kid) => kids.has(kid))) return true;
  }
  return false;
}

function show({ burned, signing, removedAt, exposure, ...report }: BurnReport, isClean: boolean, file: string): void {
  print(`burned     ${burned.join(', ')}`);
  print(`signing    ${signing ?? 'nothing: callers get 503 until the edge shows the fresh key'}`);
  print(
    `published  ${removedAt === undefined ? 'NOT YET: every tick tries again' : `without it since ${formatInstant(removedAt)}`}`,
  );
  print(`edge       ${isClean ? 'serves it no more' : 'STILL SERVES IT: docs/runbooks/edge-stale.md'}`);
  printReport(report);
  if (exposure.length > 0)
    print('\nWhat verifiers have cached decides who may still accept it, and who may reject the fresh key:\n');
  for (const line of exposureTable(exposure)) print(line);
  print(`\nthe whole answer is in ${file}`);
}

const UNBOUNDED = { restart: 'it restarts', 'fresh-kid': 'a token of the fresh key, or a restart' };

const rejection = (instant: number | undefined, now: number): string =>
  instant === undefined ? 'knows it' : until(instant, now);

/** Who trusts it for the longest comes first. */
function exposureTable(exposure: readonly Exposure[]): string[] {
  const now = Date.now() / 1000;
  const end = ({ acceptsBurnedUntil: until }: Exposure) => (typeof until === 'number' ? until : Number.MAX_VALUE);
  /** The standby that signs now has not had its lead. */
  const isYoung = exposure.some(({ rejectsStandbyUntil }) => rejectsStandbyUntil !== undefined);
  const rows = exposure
    .toSorted((a, b) => end(b) - end(a))
    .map(({ title, acceptsBurnedUntil: accepts, rejectsFreshUntil, rejectsStandbyUntil }) => [
      title,
      typeof accepts === 'number' ? until(accepts, now) : UNBOUNDED[accepts],
      rejection(rejectsFreshUntil, now),
      ...(isYoung ? [rejection(rejectsStandbyUntil, now)] : []),
    ]);
  const heading = ['VERIFIER', 'ACCEPTS IT UNTIL', 'REJECTS THE FRESH KEY UNTIL'];
  return rows.length === 0
    ? []
    : table([[...heading, ...(isYoung ? ['AND THE ONE THAT SIGNS NOW UNTIL'] : [])], ...rows]);
}
