/** What is real: the clock, the log. Only handlers know them. */
import { setTimeout } from 'node:timers/promises';

export const clock = (): number => Date.now() / 1000;

export const sleep = (seconds: number): Promise<void> => setTimeout(seconds * 1000);

/** One JSON object a line. */
export function log(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
