/** A kid as a person types it: whole, or how it begins, as `status` shows it. */
import type { Keyring } from '../core/keyring.ts';
import type { Target } from './target.ts';
import { UsageError } from './verb.ts';

/** Fewer characters are a slip of the hand. */
const SHORTEST = 4;
/** RFC 7638 with SHA-256: nothing is left to complete, and a burn need not wait for the table. */
const WHOLE = /^[\w-]{43}$/;

export const kidsOf = ({ keys, imported = [], history }: Keyring): string[] => [
  ...keys.map(({ kid }) => kid),
  ...imported.map(({ jwk }) => jwk.kid),
  ...history.map(([kid]) => kid),
];

/**
 * Answers with what was typed where no kid begins like that: who is asked next knows of no such key, and says so.
 * @throws UsageError where several do
 */
export function kidNamed(text: string, kids: readonly string[]): string {
  if (kids.includes(text)) return text;
  const beginning = text.replace(/(?:…|\.\.\.)$/, '');
  const found = beginning.length < SHORTEST ? [] : kids.filter((kid) => kid.startsWith(beginning));
  if (found.length > 1) throw new UsageError(`${beginning} begins more than one kid: ${found.join(', ')}`);
  return found[0] ?? beginning;
}

/** Of an issuer whose keyring cannot be read, what was typed has to be whole. */
export async function kidAt({ keyrings }: Target, text: string): Promise<string> {
  if (WHOLE.test(text)) return text;
  const { keyring } = await keyrings.load().catch(() => ({ keyring: undefined }));
  return kidNamed(text, keyring ? kidsOf(keyring) : []);
}
