/** Before what cannot be undone: the very word, typed. */
import { createInterface } from 'node:readline/promises';
import { UsageError } from './verb.ts';

/** @throws UsageError when it is not typed, or nobody is there to type */
export async function confirmed(what: string, word: string, isSure: boolean): Promise<void> {
  if (isSure) return;
  if (!process.stdin.isTTY) throw new UsageError('nobody is there to confirm it: use --yes in scripts');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${what}\nType ${word} to go on: `);
    if (answer.trim() !== word) throw new UsageError('not confirmed: nothing was done');
  } finally {
    terminal.close();
  }
}
