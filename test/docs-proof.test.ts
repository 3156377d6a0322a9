/** docs/proof.md says what the code proves: every invariant with its checker, every mutant, and where a seed was noticed. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CHECKERS } from '../lib/simulator/invariants.ts';
import { MUTANTS } from './mutants/mutants.ts';

const text = readFileSync(new URL('../docs/proof.md', import.meta.url), 'utf8');

test.each(Object.entries(CHECKERS))('%s with its checker', (invariant, checker) => {
  expect(text).toMatch(new RegExp(`\\| ${invariant} \\|.*\`${checker.name}\``));
});

test.each(MUTANTS)('$name', ({ name, invariant }) => {
  expect(text).toContain(`| ${invariant.replaceAll(' ', ', ')} | ${name} |`);
});
