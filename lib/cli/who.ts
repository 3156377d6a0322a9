/** `keyturn who`: whose tokens end with a key. */
import { parseArgs } from 'node:util';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { functionFacts } from '../aws/function-facts.ts';
import { queryHolders } from '../aws/issuance-log.ts';
import { type Holders, holdersOf, type TokenLine } from '../core/issuance.ts';
import type { Keyring } from '../core/keyring.ts';
import { fetchDocument } from './fetch-document.ts';
import { kidsApart } from './kid-arguments.ts';
import { withProgress } from './operating.ts';
import { until as instantAndLeft, table } from './shortened.ts';
import { resolveTarget, type Target } from './target.ts';
import { EXIT, print, printJson, TARGET_HELP, TARGET_OPTIONS, UsageError } from './verb.ts';
import { type View, viewOf } from './view.ts';

export const summary = 'whose tokens end with a key, and until when they live';

export const help = `Usage: keyturn who KID [options]

Which clients hold living tokens of this key, for which audiences, and until when: before a burn, or after
a rotation. From the issuance log, by CloudWatch Logs Insights, which costs by the gigabyte it reads: as
much as was logged in one maxTokenLifetime. A local issuer keeps its last lines itself.

Beyond grantRead it needs:
  lambda:GetFunctionConfiguration            on the sign function
  logs:StartQuery                            on its log group
  logs:GetQueryResults                       on *

  KID                 whole, or how it begins: at least four characters, as status shows it
${TARGET_HELP}
Example:
  keyturn who aJSXe7Ofvn1G…
`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: kidsApart(args), options: TARGET_OPTIONS, allowPositionals: true });
  const [kid, ...more] = positionals;
  // It goes into a query.
  if (kid === undefined || more.length > 0 || !/^[\w-]+$/.test(kid)) throw new UsageError('who takes one kid');
  const target = await resolveTarget(values);
  const view = await viewOf(target);
  requireKnown(kid, view.keyring);
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

class UnknownKeyError extends Error {
  /** As `keyturn verify` calls it. */
  readonly code = 'key_unknown';
}

/** A kid that is mistyped has no tokens either. */
function requireKnown(kid: string, { keys, imported = [], history }: Keyring): void {
  const kids = [...keys.map((key) => key.kid), ...imported.map(({ jwk }) => jwk.kid), ...history.map(([old]) => old)];
  if (kids.includes(kid)) return;
  throw new UnknownKeyError(`${kid} is no key of this issuer: keyturn status --json has their kids`);
}
