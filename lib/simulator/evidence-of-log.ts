/**
 * The log of a real deployment, read into what the checkers ask: the lines of rotate, operate and sign. A log does not show
 * everything, and what it does not show is said, so that nobody takes it for a pass.
 */
import type { Policy } from '../core/config.ts';
import type { Evidence, Invariant, Token } from './evidence.ts';
import { type Epoch, linesOf, type TokenLine } from './log-lines.ts';
import { LogReader } from './log-reader.ts';

const LACKS: readonly (readonly [Invariant, string])[] = [
  ['I5', 'the log has the kids of a document, not its bytes: whether a private member was in it is not to be seen'],
  ['I7', 'the log has the clocks of those who wrote it, not the true time'],
  [
    'I9',
    'a tick with nothing to do leaves no line: whether there were ticks at all is told by the alarm on their silence',
  ],
  ['I10', 'the log has no public keys'],
];
const OF_TOKENS: readonly Invariant[] = ['I1', 'I2', 'I3', 'I11'];

/**
 * A put whose invalidation failed, or whose process died, leaves no line of a publication. `strictly`: then the document was
 * not there. `kindly`: it was there as soon as a line has its version.
 */
export type Reading = 'strictly' | 'kindly';

export function evidenceOfLog(lines: Iterable<string>, policy: Policy, reading: Reading = 'strictly'): Evidence {
  const { epochs, tokens: tokenLines } = linesOf(lines, policy.issuer);
  const steps = epochs.flat();
  const lacks = new Map<Invariant, string[]>(LACKS.map(([invariant, why]) => [invariant, [why]]));
  const lack = (invariant: Invariant, why: string) => lacks.set(invariant, [...(lacks.get(invariant) ?? []), why]);

  const reader = new LogReader(policy, reading, steps);
  for (const epoch of epochs) reader.read(epoch);
  const { documents, keys, endings, unknownEndings } = reader;
  for (const why of unknownEndings) lack('I8', why);

  const all = tokenLines.filter((line) => !isOfAnotherPast(line, epochs));
  if (all.length < tokenLines.length) {
    const why = `${tokenLines.length - all.length} tokens are from around a restore of the table, which leaves no line`;
    for (const invariant of OF_TOKENS) lack(invariant, why);
  }
  const first = documents[0];
  const tokens = all
    .map(({ kid, iat, exp }): Token => ({ at: iat, kid, issuedAt: iat, expiresAt: exp }))
    .filter(({ at }) => !first || first.version === 1 || at >= first.since + policy.publicationLead);
  if (tokens.length < all.length || !first) {
    const why = `${all.length - tokens.length} tokens are from before the log tells what was published`;
    for (const invariant of ['I1', 'I2'] as const) lack(invariant, first ? why : 'nothing tells what was published');
  }
  if (steps.some(({ step }) => step === 'burn')) lack('I6', 'what a burn answered is not in the log');
  if (policy.cryptoperiod !== undefined) lack('I11', 'the log does not have the end that a key recorded');
  const times = [...steps.map(({ at }) => at), ...tokenLines.map(({ iat }) => iat)];
  return {
    from: times.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY),
    to: times.reduce((most, at) => Math.max(most, at), 0),
    documents,
    keys,
    tokens,
    endings,
    burns: [],
    failedBurns: [],
    ticks: [],
    standbys: [],
    imported: [],
    restores: epochs.slice(1).map((epoch) => epoch[0]?.at ?? 0),
    broken: [],
    settled: undefined,
    lacks,
    policyAt: () => policy,
  };
}

/** Between a restore and what tells of it signers go by a table of which nothing is known. */
function isOfAnotherPast({ kid, iat }: TokenLine, epochs: readonly Epoch[]): boolean {
  return epochs.some((epoch, index) => {
    const before = epochs[index - 1]?.at(-1);
    const after = epoch[0];
    return before && after && iat > before.at && iat <= after.at && kid !== before.signing;
  });
}
