/** The copy of a burn's answer that stays when the terminal is closed. */
import { writeFileSync } from 'node:fs';

/** A kid of another issuer may hold what a path is made of; and a second burn leaves the first one's report alone. */
export function reportName(kid: string | undefined, now: Date): string {
  const instant = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `burn-${(kid ?? 'all').replaceAll(/[^\w-]/g, '_')}-${instant}.json`;
}

/** The key has burned, whatever becomes of the copy. Answers with why there is none. */
export function keepReport(file: string, report: object): string | undefined {
  try {
    writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  }
}
