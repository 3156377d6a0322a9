/** `retain`, `release`, `unimport`: one operation on one key. */
import { parseArgs } from 'node:util';
import type { TickReport } from '../core/rotate.ts';
import { kidsApart } from './kid-arguments.ts';
import { operate, printReport } from './operating.ts';
import { resolveTarget } from './target.ts';
import { EXIT, print, printJson, TARGET_OPTIONS, UsageError } from './verb.ts';

export const kidVerb =
  (operation: 'retain' | 'release' | 'unimport', done: (kid: string) => string) =>
  async (args: string[]): Promise<number> => {
    const { values, positionals } = parseArgs({
      args: kidsApart(args),
      options: TARGET_OPTIONS,
      allowPositionals: true,
    });
    const [kid, ...more] = positionals;
    if (kid === undefined || more.length > 0) throw new UsageError(`${operation} takes one kid`);
    const report = await operate<TickReport>(await resolveTarget(values), { operation, kid });
    if (values.json) printJson(report);
    else {
      print(done(kid));
      // What holds a rotation is another matter.
      if (report.steps.length > 0) printReport({ ...report, holds: [] });
    }
    return EXIT.done;
  };
