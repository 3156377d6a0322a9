/** What `npm run test:mutants` changes is there to be changed: a text that has moved is noticed at once. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MUTANTS } from './mutants.ts';

test.each(MUTANTS)('$name', ({ edits }) => {
  for (const [file, from] of edits) {
    const source = readFileSync(new URL(`../../lib/core/${file}`, import.meta.url), 'utf8');
    expect(source.split(from).length - 1, from).toBe(1);
  }
});
