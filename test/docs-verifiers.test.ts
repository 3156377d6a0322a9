/**
 * The pages of docs/verifiers: what a table says is the verifier table's, a program is the one that `npm run test:interop`
 * runs. `DOCS_WRITE=1` writes both into the pages; the rest is written by hand.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../lib/core/config.ts';
import { formatDuration } from '../lib/core/duration.ts';
import { acceptsBurnedUntil } from '../lib/core/exposure.ts';
import { edgeAge, minPublicationLead } from '../lib/core/policy.ts';
import { fetchesOnce, VERIFIERS, type Verifier, type VerifierName } from '../lib/core/verifiers.ts';

const ROOT = new URL('../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8');
const PAGES = globSync('docs/verifiers/*.md', { cwd: fileURLToPath(ROOT) }).sort();
const FACTS = /^<!-- facts of ([\w-]+) -->\n(?:.*?\n)??<!-- end -->$/gms;
const PROGRAM = /^<!-- (test\/interop\/\S+\.(\w+)) -->\n```.*?^```$/gms;

const UNBOUNDED = { 'fresh-kid': 'until it meets a token of the fresh key, or restarts', restart: 'until it restarts' };
const REFETCH = { never: 'never', 0: 'at once' } as const;

function factsOf({ name, algorithms, keyCache, refetch, cacheDocumented, maxKeys, source, ...verifier }: Verifier) {
  const whole = { ...verifier, name, algorithms, keyCache, refetch, cacheDocumented, source };
  const policy = parsePolicy({ issuer: 'https://auth.example.com', verifiers: [name] });
  const accepts = acceptsBurnedUntil(whole, edgeAge(policy) + 2 * policy.clockSkew);
  const guess = cacheDocumented ? '' : ' (its vendor does not say; assumed)';
  return [
    '| | |',
    '|---|---|',
    `| declare it | \`verifiers: ['${name}']\` |`,
    `| algorithms | ${algorithms.join(' ')} |`,
    `| keeps keys for | ${Number.isFinite(keyCache) ? formatDuration(keyCache) : 'ever'}${guess} |`,
    `| asks again for an unknown kid | ${REFETCH[refetch as 0] ?? `after ${formatDuration(refetch as number)}`} |`,
    ...(maxKeys === undefined ? [] : [`| keys in a set | ${maxKeys} at most |`]),
    `| the least \`publicationLead\` † | ${formatDuration(minPublicationLead(policy))} |`,
    `| after a burn it accepts the burned key † | ${typeof accepts === 'number' ? `for ${formatDuration(accepts)} at most` : UNBOUNDED[accepts]} |`,
    `| source | ${source} |`,
    '',
    '† with `edgeMaxAge`, `edgeStaleIfError` and `clockSkew` as they are by default.',
  ].join('\n');
}

const FENCE: Readonly<Record<string, string>> = { py: 'python', mjs: 'js', rs: 'rust' };
const written = (text: string): string =>
  text
    .replaceAll(
      FACTS,
      (_, name: VerifierName) => `<!-- facts of ${name} -->\n${factsOf(VERIFIERS[name])}\n<!-- end -->`,
    )
    .replaceAll(
      PROGRAM,
      (_, file: string, kind: string) => `<!-- ${file} -->\n\`\`\`${FENCE[kind] ?? kind}\n${read(file)}\`\`\``,
    );

describe.each(PAGES)('%s', (page) => {
  test('says what the table says, and shows the programs that are run', () => {
    const text = read(page);
    if (process.env.DOCS_WRITE) writeFileSync(new URL(page, ROOT), written(text));
    else expect(written(text)).toBe(text);
  });

  test('its links lead to files', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
    const missing = links.filter((link) => globSync(fileURLToPath(new URL(link, new URL(page, ROOT)))).length === 0);
    expect(missing).toEqual([]);
  });
});

test('every verifier of the table has a page, but for what no rotation is safe with', () => {
  const named = PAGES.flatMap((page) => [...read(page).matchAll(FACTS)].map(([, name]) => name));
  const wanted = Object.values(VERIFIERS).filter((verifier) => !fetchesOnce(verifier));
  expect(named.toSorted()).toEqual(wanted.map(({ name }) => name).toSorted());
});
