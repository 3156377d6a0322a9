/** Everybody else's libraries, in five languages, over three rotations and a burn: tokens and documents over HTTP. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALGORITHM_NAMES } from '../../lib/core/algorithms.ts';
import { VERIFIERS } from '../../lib/core/verifiers.ts';
import { Signing } from './issuer.ts';
import { LANGUAGES, programOf } from './languages.ts';
import { LIBRARIES } from './libraries.ts';
import { type Observed, Observing } from './observing.ts';
import { HEAD, refetchOf, row } from './table.ts';
import { Worker } from './worker.ts';

const PAGE = new URL('../../docs/verifiers/interop.md', import.meta.url);
/** A busy machine answers late. */
const SLACK_SECONDS = 4;

const here = LANGUAGES.filter((language) => language.missing() === undefined);
const libraries = LIBRARIES.filter(({ language }) => here.some(({ name }) => name === language));

const startedAt = Date.now();
const say = (sentence: string) =>
  process.stdout.write(`test:interop: ${Math.round((Date.now() - startedAt) / 1000)} s: ${sentence}\n`);

let observed: readonly Observed[];
const issuers: Signing[] = [];
const workers: Worker[] = [];
const of = (name: string): Observed => observed.find(({ library }) => library.name === name) as Observed;

beforeAll(async () => {
  for (const language of LANGUAGES) {
    const missing = language.missing();
    if (missing) say(`${language.title}: skipped, ${missing}`);
  }
  await Promise.all([startWorkers(), startIssuers()]);
  say(`${issuers.length} issuers sign for ${workers.length} libraries in ${here.length} languages`);
  observed = await new Observing(issuers, workers, say).all();
  say('done');
});
afterAll(async () => {
  await Promise.all([...workers.map((worker) => worker.end()), ...issuers.map((issuer) => issuer.close())]);
});

/** One language after the other, as their compilers are many-threaded. */
async function startWorkers(): Promise<void> {
  for (const language of here) {
    const program = await programOf(language, say);
    const own = libraries.filter((library) => library.language === language.name);
    workers.push(...own.map((library) => new Worker(library, program)));
  }
}

/** Meanwhile, as they wait most of the time. */
async function startIssuers(): Promise<void> {
  // The one that is looked at in detail comes last, when the others no longer take time.
  issuers.push(...(await Promise.all(ALGORITHM_NAMES.toReversed().map((algorithm) => Signing.start(algorithm)))));
}

describe.each(libraries)('$title', (library) => {
  const { name, verifier } = library;

  test('no rotation and no burn costs it a token', () => {
    expect(of(name).algorithms).not.toEqual([]);
    expect(of(name).surprises).toEqual([]);
  });

  test(`a fresh key is unknown to it for ${refetchOf(library)} s at most`, () => {
    expect(of(name).blindSeconds).toBeLessThanOrEqual(refetchOf(library) + SLACK_SECONDS);
  });

  test.runIf(verifier)('it takes the algorithms and the sets that the verifier table says', () => {
    const { algorithms, rejectsUnknownKeyTypes = false } = VERIFIERS[verifier ?? 'jose'];
    expect(of(name).algorithms.toSorted()).toEqual([...algorithms].toSorted());
    // The row may tell of an older version.
    expect(of(name).takesMixedSet || rejectsUnknownKeyTypes).toBe(true);
  });
});

test('the table of docs/verifiers/interop.md is what was seen', () => {
  const page = readFileSync(PAGE, 'utf8');
  const table = [...HEAD, ...observed.map(row)];
  if (process.env.INTEROP_WRITE) {
    const lines = page.split('\n');
    const from = lines.findIndex((line) => line.startsWith('|'));
    const length = lines.filter((line) => line.startsWith('|')).length;
    return writeFileSync(PAGE, lines.toSpliced(from, length, ...table).join('\n'));
  }
  // Rows of a language that is not here are taken as they are.
  for (const line of table) expect(page.split('\n')).toContain(line);
});
