/** `keyturn import`: another issuer's public keys in this JWKS, until its last token is dead. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { formatInstant, parseDuration } from '../core/duration.ts';
import { lintJwks } from '../core/jwks-lint.ts';
import type { TickReport } from '../core/rotate.ts';
import { confirmed } from './confirm.ts';
import { fetchDocument } from './fetch-document.ts';
import { kidsApart } from './kid-arguments.ts';
import { isPublished, operate, printReport, withProgress } from './operating.ts';
import { resolveTarget } from './target.ts';
import { EXIT, print, printJson, TARGET_HELP, TARGET_OPTIONS, UnreachableError, UsageError } from './verb.ts';

export const summary = "publish another issuer's keys for a while, to move in";

export const help = `Usage: keyturn import --jwks URL --until TIME [options]

Publishes the keys of the issuer that you move from beside this one's, so that tokens of both verify while
callers move: docs/moving-in.md. Whoever holds those keys can sign for this issuer until then. They never
sign here, and leave by themselves. Once more with another TIME changes the end. Needs grantOperate.
Exits with 1 while the documents do not hold them.

  --jwks URL          where the other issuer publishes them, or a file that holds what it published
  --until TIME        when they leave: 30d from now, or 2027-01-31T00:00:00Z
  --kid KID           this key only; may be given more than once
  --algorithm ALG     of keys that do not say it
  --yes               do not ask
${TARGET_HELP}
Example:
  keyturn import --jwks https://login.example.com/.well-known/jwks.json --until 14d
`;

const OPTIONS = {
  ...TARGET_OPTIONS,
  jwks: { type: 'string' },
  until: { type: 'string' },
  kid: { type: 'string', multiple: true },
  algorithm: { type: 'string' },
  yes: { type: 'boolean', default: false },
} as const;

type Jwk = Readonly<Record<string, unknown>>;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args: kidsApart(args), options: OPTIONS });
  const { jwks: source, kid: kids, algorithm } = values;
  if (!source) throw new UsageError('--jwks must be given: where the other issuer publishes its keys');
  const until = readInstant(values.until);
  const target = await resolveTarget(values);
  const keys = chosen(await keysAt(source), kids).map((key): Jwk => ({ ...(algorithm && { alg: algorithm }), ...key }));
  const names = keys.map(({ kid }) => String(kid)).join(', ');
  const issuer = target.outputs.IssuerUrl;
  await confirmed(`Until ${formatInstant(until)} whoever holds ${names} can sign for ${issuer}.`, 'import', values.yes);
  const request = { operation: 'import', keys, until, source };
  const report = await withProgress('importing', operate<TickReport>(target, request), values.json);
  const published = isPublished(report);
  if (values.json) printJson({ ...report, imported: keys.map(({ kid }) => kid), until });
  else {
    const end = formatInstant(until);
    if (published) print(`${issuer} publishes ${names} until ${end}`);
    else print(`${issuer} will publish ${names} until ${end}, and DOES NOT YET: every tick tries again`);
    printReport(report);
  }
  return published ? EXIT.done : EXIT.problem;
}

function readInstant(text: string | undefined): number {
  const now = Date.now() / 1000;
  const seconds = text === undefined ? undefined : parseDuration(text);
  const instant = seconds === undefined ? Date.parse(text ?? '') / 1000 : now + seconds;
  if (Number.isFinite(instant) && instant > now) return Math.floor(instant);
  throw new UsageError(`--until must be a time to come, such as 30d or 2027-01-31T00:00:00Z, got ${text ?? 'nothing'}`);
}

/** @throws UnreachableError, UsageError */
async function keysAt(source: string): Promise<Jwk[]> {
  const body = /^https?:/.test(source) ? await fetchedBody(source) : readFile(source);
  try {
    const { keys } = Object(JSON.parse(body)) as { keys?: unknown };
    if (Array.isArray(keys) && keys.length > 0) return keys.map((key) => Object(key) as Jwk);
  } catch {
    // Below, in the same words.
  }
  throw new UsageError(`there are no keys at ${source}`);
}

async function fetchedBody(url: string): Promise<string> {
  const fetched = await fetchDocument(url);
  if (fetched.status !== 200) throw new UnreachableError(`${url} answers ${fetched.status}`);
  // Whoever is in between could add a key of his own.
  const plain = lintJwks(fetched, []).find(({ what }) => what.includes('over https'));
  if (plain) throw new UsageError(plain.what);
  return fetched.body;
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`--jwks ${file} is no URL and no file that can be read`, { cause });
  }
}

/** Keys for encryption sign nothing, and are nobody's business here. */
function chosen(keys: readonly Jwk[], kids: readonly string[] | undefined): Jwk[] {
  const missing = kids?.find((kid) => !keys.some((key) => key.kid === kid));
  if (missing !== undefined) throw new UsageError(`there is no key ${missing} in that JWKS`);
  return keys.filter((key) => (kids ? kids.includes(String(key.kid)) : key.use !== 'enc'));
}
