/** What is real: the clock, randomness, the log. Only handlers know them. */
export const clock = (): number => Date.now() / 1000;

/** One JSON object a line. */
export function log(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
