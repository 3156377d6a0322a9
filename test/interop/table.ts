/** What was seen, as the table of docs/verifiers/interop.md. */
import { ALGORITHM_NAMES, type Algorithm } from '../../lib/core/algorithms.ts';
import { formatDuration } from '../../lib/core/duration.ts';
import { VERIFIERS, type VerifierName } from '../../lib/core/verifiers.ts';
import { LANGUAGES } from './languages.ts';
import { type Library, versionOf } from './libraries.ts';
import type { Observed } from './observing.ts';

export const HEAD = [
  '| | library | version | algorithms | a rotation | a burned key, once a fresh one is met | the fresh key | beside a key of a new type |',
  '|---|---|---|---|---|---|---|---|',
];

/** Between two fetches for unknown kids; the observed time is never longer. */
export const refetchOf = ({ verifier, refetch }: Library): number => {
  const seconds = refetch ?? (verifier && VERIFIERS[verifier].refetch);
  if (typeof seconds !== 'number') throw new Error('a library fetches for an unknown kid');
  return seconds;
};

export function row({ library, algorithms, surprises, keepsBurnedKey, takesMixedSet }: Observed): string {
  const { verifier, language, title } = library;
  const refetch = refetchOf(library);
  const cells = [
    LANGUAGES.find(({ name }) => name === language)?.title,
    title,
    versionOf(library),
    inWords(algorithms),
    surprises.length === 0 ? 'every token verifies' : 'tokens are refused',
    keepsBurnedKey ? kept(verifier) : 'is refused',
    refetch === 0 ? 'verifies at once' : `verifies within ${formatDuration(refetch)}`,
    takesMixedSet ? 'verifies' : 'the whole set is refused',
  ];
  return `| ${cells.join(' | ')} |`;
}

/** That it verifies was seen. For how long was not waited for. */
function kept(verifier: VerifierName | undefined): string {
  const { keyCache, keepsRemovedKeys } = VERIFIERS[verifier ?? 'fetch-once'];
  return `verifies ‡ ${keepsRemovedKeys ? 'until it restarts' : `for ${formatDuration(keyCache)} more`}`;
}

const FAMILIES: readonly (readonly [string, readonly Algorithm[]])[] = [
  ['RS256–512', ['RS256', 'RS384', 'RS512']],
  ['PS256–512', ['PS256', 'PS384', 'PS512']],
  ['ES256–512', ['ES256', 'ES384', 'ES512']],
  ['ML-DSA', ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87']],
];

function inWords(algorithms: readonly Algorithm[]): string {
  if (algorithms.length === ALGORITHM_NAMES.length) return 'all';
  const families = FAMILIES.filter(([, members]) => members.every((member) => algorithms.includes(member)));
  const covered = families.flatMap(([, members]) => members);
  const words = ALGORITHM_NAMES.flatMap((algorithm) => {
    const family = families.find(([, members]) => members[0] === algorithm);
    if (family) return family[0];
    return algorithms.includes(algorithm) && !covered.includes(algorithm) ? algorithm : [];
  });
  return words.join(', ');
}
