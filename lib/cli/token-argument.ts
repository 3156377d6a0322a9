/** A token from the argument, or from standard input so that it stays out of the shell's history. */
import { text } from 'node:stream/consumers';
import { UsageError } from './verb.ts';

/** @throws UsageError */
export async function readToken(positionals: readonly string[]): Promise<string> {
  const [argument, ...more] = positionals;
  if (more.length > 0) throw new UsageError('one token at a time');
  if (argument !== undefined && argument !== '-') return bare(argument);
  if (process.stdin.isTTY) throw new UsageError('give a token, or pipe one in');
  const piped = bare(await text(process.stdin));
  if (piped === '') throw new UsageError('there is no token on standard input');
  return piped;
}

/** As it was copied out of a header. */
const bare = (text: string): string => text.trim().replace(/^Bearer\s+/i, '');
