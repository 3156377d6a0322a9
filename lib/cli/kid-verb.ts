/** `retain`, `release`, `unimport`: one operation on one key. */
import { parseArgs } from 'node:util';
import type { TickReport } from '../core/rotate.ts';
import { kidsApart } from './kid-arguments.ts';
import { kidAt } from './kid-named.ts';
import { isPublished, operate, printReport } from './operating.ts';
import { resolveTarget } from './target.ts';
import { EXIT, print, printJson, TARGET_OPTIONS, UsageError } from './verb.ts';

/** @param done what it says, also of a keyring that the documents do not follow yet */
export const kidVerb =
  (operation: 'retain' | 'release' | 'unimport', done: (kid: string, published: boolean) => string) =>
  async (args: string[]): Promise<number> => {
    const { values, positionals } = parseArgs({
      args: kidsApart(args),
      options: TARGET_OPTIONS,
      allowPositionals: true,
    });
    const [typed, ...more] = positionals;
    if (typed === undefined || more.length > 0) throw new UsageError(`${operation} takes one kid`);
    const target = await resolveTarget(values);
    const kid = await kidAt(target, typed);
    const report = await operate<TickReport>(target, { operation, kid });
    const published = isPublished(report);
    if (values.json) printJson(report);
    else {
      print(done(kid, published));
      if (report.steps.length > 0 || report.holds.length > 0) printReport(report);
    }
    return published ? EXIT.done : EXIT.problem;
  };
