/** `keyturn sign`: one token, as a service would get it. */
import { parseArgs } from 'node:util';
import { invokeFunction } from '../aws/lambda-invoke.ts';
import { KeyturnError } from '../core/errors.ts';
import type { SignedToken } from '../core/sign.ts';
import { resolveTarget } from './target.ts';
import { EXIT, print, printJson, TARGET_HELP, TARGET_OPTIONS, UsageError } from './verb.ts';

export const summary = 'one token, as a service would get it';

export const help = `Usage: keyturn sign --audience AUD [options]

Asks the deployed sign function by Invoke, with the rules of the client: what it refuses, it would refuse
to the service too. Prints the token alone; --json the whole answer.

  --audience AUD      whom it is for; may be given more than once
  --subject SUB       its sub (not needed where the client's rules fix it)
  --scope SCOPE       as in RFC 6749
  --claims JSON       other claims, as an object
  --expires-in SEC    its lifetime
  --type TYPE         JWT or at+jwt
  --client NAME       through the client's alias (default: any, of an issuer without clients)
${TARGET_HELP}
Example:
  keyturn sign --audience orders-api --subject svc:checkout | keyturn verify
`;

/** The alias of an issuer without clients. */
const ANY = 'any';

const OPTIONS = {
  ...TARGET_OPTIONS,
  audience: { type: 'string', multiple: true },
  subject: { type: 'string' },
  scope: { type: 'string' },
  claims: { type: 'string' },
  'expires-in': { type: 'string' },
  type: { type: 'string' },
  client: { type: 'string', default: ANY },
} as const;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const { audience, subject, scope, claims, type } = values;
  if (!audience) throw new UsageError('--audience must be given: whom the token is for');
  const expiresIn = values['expires-in'];
  const request = {
    audience: audience.length === 1 ? audience[0] : audience,
    ...(scope !== undefined && { scope }),
    ...(type !== undefined && { type }),
    ...(expiresIn !== undefined && { expiresIn: readSeconds(expiresIn) }),
    claims: { ...(subject !== undefined && { sub: subject }), ...(claims !== undefined && readClaims(claims)) },
  };
  const target = await resolveTarget(values);
  const alias = { functionName: target.outputs.SignFunctionName, alias: values.client };
  const answer = await invokeFunction<SignedToken>(target.lambda, alias, request).catch((error: unknown) => {
    throw (error as Error).name === 'ResourceNotFoundException' ? noSuchClient(values.client, error) : error;
  });
  if (values.json) printJson(answer);
  else print(answer.token);
  return EXIT.done;
}

/** The stack is there, and names the function: what there is not is the alias. */
const noSuchClient = (client: string, cause: unknown): KeyturnError =>
  new KeyturnError(
    'client_unknown',
    client === ANY
      ? 'this issuer signs for its clients only: name one with --client'
      : `there is no client ${client}: --client takes one of the issuer's clients, as in keyturn.config.json`,
    { cause },
  );

function readSeconds(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`--expires-in must be whole seconds, got ${text}`);
}

function readClaims(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Below, in the same words.
  }
  throw new UsageError('--claims must be a JSON object');
}
