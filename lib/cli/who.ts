/** `keyturn who`: whose tokens end with a key. */
import { parseArgs } from 'node:util';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { functionFacts } from '../aws/function-facts.ts';
import { queryHolders } from '../aws/issuance-log.ts';
import { formatDuration, formatInstant } from '../core/duration.ts';
import { type Holders, holdersOf, type TokenLine } from '../core/issuance.ts';
import { fetchDocument } from './fetch-document.ts';
import { withProgress } from './operating.ts';
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

${TARGET_HELP}
Example:
  keyturn who aJSXe7Ofvn1G…
`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: TARGET_OPTIONS, allowPositionals: true });
  const [kid, ...more] = positionals;
  // It goes into a query.
  if (kid === undefined || more.length > 0 || !/^[\w-]+$/.test(kid)) throw new UsageError('who takes one kid');
  const target = await resolveTarget(values);
  const view = await viewOf(target);
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
  if (found.length === 0) print(`nobody holds a living token of ${kid}`);
  for (const { client, audiences, tokens, until } of found) {
    const left = formatDuration(Math.max(0, until - now));
    print(`${client.padEnd(24)} ${audiences.join(', ').padEnd(32)} ${tokens} until ${formatInstant(until)} (${left})`);
  }
}
