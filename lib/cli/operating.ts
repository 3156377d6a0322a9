/** What the verbs share that change something: one call of the operate function. */
import { setTimeout as after } from 'node:timers/promises';
import { invokeFunction } from '../aws/lambda-invoke.ts';
import type { TickReport } from '../core/rotate.ts';
import { shortened } from './shortened.ts';
import type { Target } from './target.ts';
import { print } from './verb.ts';

export const operate = <Answer>(target: Target, operation: object): Promise<Answer> =>
  invokeFunction<Answer>(target.lambda, { functionName: target.outputs.OperateFunctionName }, operation);

/** Says that it is still at it: a burn waits for the edge for up to a minute. */
export async function withProgress<T>(what: string, work: Promise<T>, isQuiet: boolean): Promise<T> {
  if (isQuiet || !process.stderr.isTTY) return work;
  const started = Date.now();
  const done = new AbortController();
  const tell = async () => {
    while (!done.signal.aborted) {
      process.stderr.write(`\r${what} ${Math.round((Date.now() - started) / 1000)} s `);
      await after(500, undefined, { signal: done.signal }).catch(() => undefined);
    }
    process.stderr.write('\r\x1b[K');
  };
  const telling = tell();
  try {
    return await work;
  } finally {
    done.abort();
    await telling;
  }
}

/** Steps taken and what holds the rest; answers with whether nothing does. */
export function printReport({ steps, holds }: Pick<TickReport, 'steps' | 'holds'>): boolean {
  for (const { step, why } of steps) print(`  ${step.padEnd(9)}  ${shortened(why)}`);
  for (const { kind, why } of holds) print(`  held       ${shortened(kind === 'step' ? why : `${kind}: ${why}`)}`);
  if (steps.length === 0 && holds.length === 0) print('  nothing was due');
  return holds.length === 0;
}

/** Whether the documents are as the keyring has them. A tick that lost a race names no step, and does not know. */
export const isPublished = ({ holds }: Pick<TickReport, 'holds'>): boolean =>
  !holds.some(({ kind, why }) => kind === 'step' && (why.startsWith('publish: ') || !/^[a-z]+: /.test(why)));
