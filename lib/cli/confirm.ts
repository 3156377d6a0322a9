/** Before what cannot be undone: the very word, typed. */
import { createInterface } from 'node:readline/promises';
import { UsageError } from './verb.ts';

/** @throws UsageError when it is not typed, or nobody is there to type */
export async function confirmed(what: string, word: string, isSure: boolean): Promise<void> {
  if (isSure) return;
  if (!process.stdin.isTTY) throw new UsageError('nobody is there to confirm it: use --yes in scripts');
  if ((await answered(`${what}\nType ${word} to go on: `)) !== word)
    throw new UsageError('not confirmed: nothing was done');
}

/** Undefined after Ctrl-C or Ctrl-D, which leave the cursor in the middle of a line. */
async function answered(question: string): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  terminal.once('close', () => ended.abort());
  try {
    return (await terminal.question(question, { signal: ended.signal })).trim();
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
    process.stderr.write('\n');
    return undefined;
  } finally {
    terminal.close();
  }
}
