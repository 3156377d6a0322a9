/** Runs in a copy of the tree in which one thing is wrong: which seed is the first to notice, and by which invariant? */
import { runSeed } from '../../lib/simulator/run.ts';

const [invariants = '', seeds = '60'] = process.argv.slice(2);
const wanted = invariants.split(' ');
const invariantOf = (sentence: string) => sentence.split(':', 1)[0] ?? '';
const others = new Set<string>();
let answer: object | undefined;
for (let seed = 1; seed <= Number(seeds) && !answer; seed++) {
  const { violations } = await runSeed(String(seed), 'short');
  const found = violations.find((sentence) => wanted.includes(invariantOf(sentence)));
  if (found !== undefined) answer = { seed, found };
  for (const sentence of violations) others.add(invariantOf(sentence));
}
for (const invariant of wanted) others.delete(invariant);
process.stdout.write(JSON.stringify({ ...answer, others: [...others] }));
