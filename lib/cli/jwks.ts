/** `keyturn jwks`: what verifiers get, and whether they can live with it. */
import { parseArgs } from 'node:util';
import { formatDuration } from '../core/duration.ts';
import { documentPaths } from '../core/issuer.ts';
import { readJwks } from '../core/jwks.ts';
import { type Fetched, lintJwks } from '../core/jwks-lint.ts';
import type { Remark } from '../core/key-lint.ts';
import { edgeAge } from '../core/policy.ts';
import { parseVerifier, type Verifier } from '../core/verifiers.ts';
import { fetchDocument } from './fetch-document.ts';
import { resolveTarget } from './target.ts';
import { EXIT, given, print, printJson, TARGET_HELP, TARGET_OPTIONS, UsageError } from './verb.ts';
import { viewOf } from './view.ts';

export const summary = 'what verifiers get, and whether they can live with it';

export const help = `Usage: keyturn jwks [JWKS_URL] [options]

Fetches the JWKS as a verifier would and holds it against RFC 7517, 7518, 8725, and what each verifier
takes. Of a Keyturn issuer also: is it the keyring's version, is it as fresh as it says? Needs grantRead
for a stack, and nothing for a JWKS_URL. Exits with 1 when something is an error.

  --verifier NAME     one that is to take it, as in the configuration; may be given more than once
                      (default: those that the issuer declares; of a JWKS_URL none)
${TARGET_HELP}
Examples:
  keyturn jwks
  keyturn jwks https://login.example.com/.well-known/jwks.json --verifier alb --verifier jose
`;

const OPTIONS = { ...TARGET_OPTIONS, verifier: { type: 'string', multiple: true } } as const;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const [url, ...more] = positionals;
  if (more.length > 0) throw new UsageError('one JWKS at a time');
  const named = await given(() => values.verifier?.map(parseVerifier));
  const { fetched, remarks } = url === undefined ? await ofTarget(values, named) : await ofUrl(url, named ?? []);
  const isSound = !remarks.some(({ severity }) => severity === 'error');
  const served = readJwks(fetched.body);
  const keys = keyList(fetched.body);
  if (values.json) {
    const { status, contentType, cacheControl, body } = fetched;
    const answer = { status, contentType, cacheControl, bytes: Buffer.byteLength(body) };
    printJson({ url: fetched.url, isSound, ...answer, documentVersion: served?.version, keys, remarks });
  } else show(fetched, served?.version, keys, remarks, isSound);
  return isSound ? EXIT.done : EXIT.problem;
}

async function ofUrl(url: string, verifiers: readonly Verifier[]) {
  if (!URL.canParse(url)) throw new UsageError(`${url} is no URL`);
  const fetched = await fetchDocument(url);
  return { fetched, remarks: lintJwks(fetched, verifiers) };
}

async function ofTarget(values: Parameters<typeof resolveTarget>[0], named: readonly Verifier[] | undefined) {
  const target = await resolveTarget(values);
  const { keyring, policy } = await viewOf(target);
  const fetched = await fetchDocument(`${target.edgeUrl}${documentPaths(keyring.issuer).jwks}`);
  const remarks = lintJwks(fetched, named ?? policy.verifiers ?? []);
  const served = readJwks(fetched.body);
  const ours = (what: string) => remarks.push({ severity: 'error', rule: 'docs/runbooks/edge-stale.md', what });
  if (fetched.status === 200 && !served) ours('it has no documentVersion: it is none of this issuer');
  if (served && served.version !== keyring.documentVersion) {
    ours(`it is version ${served.version}, the keyring is at ${keyring.documentVersion}`);
  }
  if (fetched.age !== undefined && fetched.age > edgeAge(policy)) {
    ours(`the copy is ${formatDuration(fetched.age)} old, caches may keep it for ${formatDuration(edgeAge(policy))}`);
  }
  return { fetched, remarks };
}

const keyList = (body: string): { kid: unknown; kty: unknown; alg: unknown }[] => {
  try {
    const { keys } = Object(JSON.parse(body)) as { keys?: unknown };
    return (Array.isArray(keys) ? keys : []).map((key) => {
      const { kid, kty, alg } = Object(key);
      return { kid, kty, alg };
    });
  } catch {
    return [];
  }
};

function show(
  { url, status, contentType, cacheControl, body }: Fetched,
  version: number | undefined,
  keys: ReturnType<typeof keyList>,
  remarks: readonly Remark[],
  isSound: boolean,
): void {
  print(`${url}   ${isSound ? 'sound' : 'NOT SOUND'}\n`);
  print(`  answer   ${status}, ${contentType ?? 'no content-type'}, ${Buffer.byteLength(body)} bytes`);
  print(`  caches   ${cacheControl ?? 'no cache-control'}`);
  if (version !== undefined) print(`  version  ${version}`);
  for (const { kid, kty, alg } of keys) print(`  key      ${String(kid)}  ${String(alg ?? kty)}`);
  if (remarks.length > 0) print('');
  for (const { severity, rule, what } of remarks) print(`  ${severity === 'error' ? '!' : '-'} ${what} (${rule})`);
}
