import { expect, test } from 'vitest';
import { LANGUAGES } from './languages.ts';

/** Set in CI, where a language that is missing must be missed. */
const LEAST = Number(process.env.INTEROP_AT_LEAST ?? 0);

test(`at least ${LEAST} of ${LANGUAGES.length} languages can be tried here`, () => {
  const missing = LANGUAGES.flatMap((language) => language.missing() ?? []);
  expect(LANGUAGES.length - missing.length, missing.join(', ')).toBeGreaterThanOrEqual(LEAST);
});
