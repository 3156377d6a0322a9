/** `keyturn sign`: one token, as a service would get it. */
import { parseArgs } from 'node:util';
import { invokeFunction } from '../aws/lambda-invoke.ts';
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

const OPTIONS = {
  ...TARGET_OPTIONS,
  audience: { type: 'string', multiple: true },
  subject: { type: 'string' },
  scope: { type: 'string' },
  claims: { type: 'string' },
  'expires-in': { type: 'string' },
  type: { type: 'string' },
  client: { type: 'string', default: 'any' },
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
    ...(expiresIn !== undefined && { expiresIn: Number(expiresIn) }),
    claims: { ...(subject !== undefined && { sub: subject }), ...(claims !== undefined && readClaims(claims)) },
  };
  const target = await resolveTarget(values);
  const alias = { functionName: target.outputs.SignFunctionName, alias: values.client };
  const answer = await invokeFunction<SignedToken>(target.lambda, alias, request);
  if (values.json) printJson(answer);
  else print(answer.token);
  return EXIT.done;
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
