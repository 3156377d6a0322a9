/** Before the tests: the emulators, where this checkout does not have them yet. */
import { pythonWith } from './python.ts';

export async function setup(): Promise<void> {
  const say = (sentence: string) => process.stdout.write(`test:aws: ${sentence}\n`);
  for (const program of ['ministack', 'moto'] as const) await pythonWith(program, say);
}
