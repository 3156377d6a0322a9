/** `keyturn verify`: is this token genuine, and if not, why exactly? */
import { parseArgs } from 'node:util';
import { ALGORITHM_NAMES } from '../core/algorithms.ts';
import { formatInstant } from '../core/duration.ts';
import { readJwks } from '../core/jwks.ts';
import { detailOf, shapeOf } from '../core/token-words.ts';
import { createVerifier, VerificationError, type Verifier } from '../sdk/verifier/index.ts';
import { fetchDocument } from './fetch-document.ts';
import { decoded } from './inspect.ts';
import { readToken } from './token-argument.ts';
import { EXIT, print, printJson, TARGET_HELP, TARGET_OPTIONS, UnreachableError, UsageError } from './verb.ts';
import { byDocuments, ofTarget } from './verify-origin.ts';
import { keyOf } from './verify-words.ts';

export const summary = 'is a token genuine, and if not, why exactly';

export const help = `Usage: keyturn verify [TOKEN] [options]

Verifies a token, from the argument or from standard input, with what the edge serves now, as strictly as
keyturn/verifier does. If it fails, it says at which rule, and what the keyring knows of the key. Needs
what grantRead gives. With --issuer alone, without --stack or --url, it verifies any issuer's, by its public
documents and without credentials. Exits with 1 when the token is not genuine, with 3 when its keys cannot be
fetched.

  --audience AUD      who takes it; may be given more than once (default: whoever the token names)
${TARGET_HELP}
Examples:
  pbpaste | keyturn verify --audience orders-api
  keyturn verify eyJhbGciOi… --issuer https://auth.example.com
`;

const OPTIONS = {
  ...TARGET_OPTIONS,
  audience: { type: 'string', multiple: true },
} as const;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const token = await readToken(positionals);
  const { header, claims } = readable(token);
  const { issuer, jwksUrl, maxTokenLifetime, keyring } =
    values.issuer === undefined || values.stack !== undefined || values.url !== undefined
      ? await ofTarget(values)
      : byDocuments(values.issuer);
  const named = [claims.aud].flat().filter((one) => typeof one === 'string' && one !== '') as string[];
  // A token for nobody fails at its audience, whoever is asked.
  const audience = values.audience ?? (named.length > 0 ? named : ['anybody']);
  const verifier = createVerifier({ issuer, audience, algorithms: ALGORITHM_NAMES, jwksUrl, maxTokenLifetime });
  const failure = await failureOf(verifier, token);
  const served = await fetchDocument(jwksUrl).then(
    ({ body }) => readKids(body),
    () => undefined,
  );
  const { kid } = header;
  const outcome = {
    genuine: failure === undefined,
    ...(failure && {
      code: failure.code,
      why: `${failure.message}${wordsFor(failure, token, { header, claims })}`,
    }),
    issuer,
    kid,
    key: keyring && keyOf(keyring, kid),
    served: { url: jwksUrl, ...served },
  };
  if (values.json) printJson({ ...outcome, header, claims });
  else show(outcome, values.audience === undefined, claims);
  return failure === undefined ? EXIT.done : EXIT.problem;
}

/** @throws UnreachableError when nothing can be said of the token, because its keys cannot be had */
async function failureOf(verifier: Verifier, token: string): Promise<VerificationError | undefined> {
  try {
    await verifier.verify(token);
    return undefined;
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    const { code, message } = error;
    if (error.reason !== 'unavailable') return error;
    const fault = message.slice(message.indexOf(': ') + 2);
    const sentence = `nothing is known of the token, for its keys could not be fetched: ${fault}`;
    throw new UnreachableError(sentence, { code, cause: error });
  }
}

const wordsFor = (
  { code }: VerificationError,
  token: string,
  { header, claims }: ReturnType<typeof decoded>,
): string =>
  code === 'token_malformed' ? `: ${shapeOf(token, header)}` : detailOf(code, header, claims, Date.now() / 1000);

/** What cannot be read is the verifier's to refuse, in its own words. */
function readable(token: string): ReturnType<typeof decoded> {
  try {
    return decoded(token);
  } catch (error) {
    if (error instanceof UsageError) return { header: {}, claims: {} };
    throw error;
  }
}

function readKids(body: string): { readonly version?: number; readonly kids: readonly string[] } {
  const ours = readJwks(body);
  if (ours) return { version: ours.version, kids: [...ours.kids] };
  try {
    const { keys } = Object(JSON.parse(body)) as { keys?: { kid?: unknown }[] };
    return { kids: (keys ?? []).map((key) => String(key.kid)) };
  } catch {
    return { kids: [] };
  }
}

function show(
  outcome: { genuine: boolean; code?: string; why?: string; issuer: string; kid: unknown; key?: string | undefined } & {
    served: { url: string; version?: number; kids?: readonly string[] };
  },
  isAnyAudience: boolean,
  claims: Record<string, unknown>,
): void {
  const { genuine, code, why, issuer, kid, key, served } = outcome;
  print(genuine ? `genuine: a token of ${issuer}` : `NOT genuine: ${why} (${code})`);
  print(`  kid     ${String(kid)}${key === undefined ? '' : ` (${key})`}`);
  const version = served.version === undefined ? '' : `version ${served.version}, `;
  print(`  served  ${served.kids ? `${version}keys ${served.kids.join(', ')}` : `nothing answers at ${served.url}`}`);
  if (genuine)
    print(`  for     ${[claims.aud].flat().join(', ')}${isAnyAudience ? ' (not checked: no --audience)' : ''}`);
  if (genuine) print(`  until   ${formatInstant(Number(claims.exp))}`);
}
