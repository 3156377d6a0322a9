/** `keyturn inspect`: what a token says. Nothing leaves the machine, and nothing is verified. */
import { parseArgs } from 'node:util';
import { formatDuration, formatInstant } from '../core/duration.ts';
import { readToken } from './token-argument.ts';
import { EXIT, print, printJson, UsageError } from './verb.ts';

export const summary = 'what a token says; nothing leaves the machine';

export const help = `Usage: keyturn inspect [TOKEN] [--json]

Header and claims of a token from the argument or from standard input, with its times in words. It says
nothing about whether the token is genuine: keyturn verify does.

Example:
  pbpaste | keyturn inspect
`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const { header, claims } = decoded(await readToken(positionals));
  if (values.json) {
    printJson({ header, claims });
    return EXIT.done;
  }
  print(`header  ${JSON.stringify(header)}`);
  for (const [name, value] of Object.entries(claims))
    print(`${name.padEnd(12)}${JSON.stringify(value)}${timeOf(name, value)}`);
  print('\nNOT verified: anybody can write such a token.');
  return EXIT.done;
}

/** @throws UsageError */
export function decoded(token: string): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  const parts = token.split('.');
  if (parts.length !== 3) {
    const what = parts.length === 5 ? 'it is encrypted (JWE)' : `it has ${parts.length}`;
    throw new UsageError(`a signed token has three parts with dots between them, ${what}`);
  }
  const [header, claims] = parts
    .map((part) => part)
    .slice(0, 2)
    .map(partOf);
  return { header: header ?? {}, claims: claims ?? {} };
}

function partOf(part: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(Buffer.from(part, 'base64url').toString()));
  } catch (cause) {
    throw new UsageError('a part of the token is not JSON in base64url', { cause });
  }
}

function timeOf(name: string, value: unknown): string {
  if (!['iat', 'exp', 'nbf'].includes(name) || typeof value !== 'number' || Math.abs(value) > 1e11) return '';
  const distance = value - Date.now() / 1000;
  const words = distance >= 0 ? `in ${formatDuration(distance)}` : `${formatDuration(-distance)} ago`;
  return `   ${formatInstant(value)}, ${words}`;
}
