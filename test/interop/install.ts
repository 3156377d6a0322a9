/** Before the tests: the programs of the languages that are here, one after the other, as their compilers are many-threaded. */
import { LANGUAGES, programOf } from './languages.ts';

export async function setup(): Promise<void> {
  const say = (sentence: string) => process.stdout.write(`test:interop: ${sentence}\n`);
  for (const language of LANGUAGES) {
    const missing = language.missing();
    if (missing) say(`${language.title}: skipped, ${missing}`);
    else await programOf(language, say);
  }
}
