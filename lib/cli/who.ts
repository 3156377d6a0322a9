/** `keyturn who`: whose tokens end with a key. */
import { parseArgs } from 'node:util';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { functionFacts } from '../aws/function-facts.ts';
import { queryHolders } from '../aws/issuance-log.ts';
import { formatInstant } from '../core/duration.ts';
import { isOfImport } from '../core/imports.ts';
import { type Holders, holdersOf, type TokenLine } from '../core/issuance.ts';
import type { Keyring } from '../core/keyring.ts';
import { fetchDocument } from './fetch-document.ts';
import { kidsApart } from './kid-arguments.ts';
import { kidNamed, kidsOf } from './kid-named.ts';
import { withProgress } from './operating.ts';
import { until as instantAndLeft, table } from './shortened.ts';
import { resolveTarget, type Target } from './target.ts';
import { EXIT, print, printJson, TARGET_HELP, TARGET_OPTIONS, UsageError } from './verb.ts';
import { type View, viewOf } from './view.ts';

export const summary = 'whose tokens end with a key, and until when they live';

export const help = `Usage: keyturn who KID [options]

Which clients hold living tokens of this key, for which audiences, and until when: before a burn, or after
a rotation. From the issuance log, by CloudWatch Logs Insights, which costs by the gigabyte it reads: as
much as was logged in one maxTokenLifetime. A local issuer keeps its last lines itself. Of an imported
key no log of this issuer knows: exits with 1.

Beyond grantRead it needs:
  lambda:GetFunctionConfiguration            on the sign function
  logs:StartQuery                            on its log group
  logs:GetQueryResults                       on *

  KID                 whole, or how it begins: at least four characters, as status shows it
${TARGET_HELP}
Example:
  keyturn who aJSXe7Ofvn1G…
`;

/** As core/foreign-keys.ts takes them, or the beginning of one as `status` shows it. */
const KID = /^[\x21-\x7e]{1,200}…?$/;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: kidsApart(args), options: TARGET_OPTIONS, allowPositionals: true });
  const [typed, ...more] = positionals;
  if (typed === undefined || more.length > 0) throw new UsageError('who takes one kid');
  if (!KID.test(typed)) throw new UsageError('a kid has 1 to 200 printable ASCII characters');
  const target = await resolveTarget(values);
  const view = await viewOf(target);
  const kid = kidNamed(typed, kidsOf(view.keyring));
  requireOwn(kid, view.keyring);
  const found = await withProgress('asking the log', holdersIn(target, view, kid), values.json);
  if (values.json) printJson({ issuer: view.keyring.issuer, kid, holders: found });
  else show(kid, found, view.now);
  return EXIT.done;
}

async function holdersIn(target: Target, view: View, kid: string): Promise<Holders[]> {
  const { now } = view;
  if (target.isLocal) {
    const { body } = await fetchDocument(`${target.edgeUrl}/log.json`);
    return holdersOf(JSON.parse(body) as TokenLine[], kid, now);
  }
  const { logGroup } = await functionFacts(target.lambda, target.outputs.SignFunctionName);
  return queryHolders(new CloudWatchLogsClient(target.aws), { logGroup, kid, from: now - longest(view), now });
}

/** No token that lives is older, whatever the policy was when it was signed; and a line may be a minute late. */
const longest = ({ keyring, policy }: View): number =>
  Math.max(
    policy.maxTokenLifetime,
    ...keyring.keys.map((key) => ('maxTokenLifetime' in key ? key.maxTokenLifetime : 0)),
  ) +
  policy.clockSkew +
  60;

function show(kid: string, found: readonly Holders[], now: number): void {
  if (found.length === 0) {
    print(`nobody holds a living token of ${kid}`);
    return;
  }
  const rows = found.map(({ client, audiences, tokens, until }) => [
    client,
    audiences.join(', '),
    String(tokens),
    instantAndLeft(until, now),
  ]);
  for (const line of table([['CLIENT', 'AUDIENCE', 'TOKENS', 'UNTIL'], ...rows])) print(line);
}

class NotInLogError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A kid that is mistyped has no tokens either; and those of an imported key were never signed here. */
function requireOwn(kid: string, keyring: Keyring): void {
  // As `keyturn verify` calls it.
  if (!kidsOf(keyring).includes(kid))
    throw new NotInLogError('key_unknown', `${kid} is no key of this issuer: keyturn status --json has their kids`);
  const foreign = keyring.imported?.find(({ jwk }) => jwk.kid === kid);
  const left = keyring.history.find(([old, , reason]) => old === kid && isOfImport(reason));
  if (!foreign && !left) return;
  const where = foreign
    ? `it is published until ${formatInstant(foreign.until)}; ask ${foreign.source}`
    : `it left the JWKS at ${formatInstant(left?.[1] ?? 0)}`;
  throw new NotInLogError(
    'key_imported',
    `the log cannot know who holds tokens of ${kid}: it was imported, and another issuer signs with it; ${where}`,
  );
}
