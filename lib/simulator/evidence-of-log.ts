/**
 * The log of a real deployment, read into what the checkers ask: the lines of rotate, operate and sign. A log does not show
 * everything, and what it does not show is said, so that nobody takes it for a pass.
 */
import type { Policy } from '../core/config.ts';
import { isPlainObject } from '../core/json.ts';
import type { StepLine } from '../core/step-line.ts';
import type { Ending, Evidence, Invariant, Published, Token, UnfinishedLife, Writable } from './evidence.ts';

interface TokenLine {
  readonly issuer: string;
  readonly kid: string;
  readonly iat: number;
  readonly exp: number;
}
const NEVER = Number.POSITIVE_INFINITY;
/** A line is written a moment after what it tells. */
const MOMENT = 60;

const LACKS: readonly (readonly [Invariant, string])[] = [
  ['I5', 'the log has the kids of a document, not its bytes: whether a private member was in it is not to be seen'],
  ['I7', 'the log has the clocks of those who wrote it, not the true time'],
  [
    'I9',
    'a tick with nothing to do leaves no line: whether there were ticks at all is told by the alarm on their silence',
  ],
  ['I10', 'the log has no public keys'],
];

/** @param lines as CloudWatch gives them: JSON, or an event with the JSON as its message; others are passed over */
export function evidenceOfLog(lines: Iterable<string>, policy: Policy): Evidence {
  const { steps, tokenLines } = sort(lines, policy.issuer);
  const lacks = new Map<Invariant, string[]>(LACKS.map(([invariant, why]) => [invariant, [why]]));
  const documents: Writable<Published>[] = [];
  const keys = new Map<string, UnfinishedLife>();
  const endings: Ending[] = [];
  for (const line of steps) follow(line, { documents, keys, endings, policy });

  const first = documents[0];
  const all = tokenLines.map(({ kid, iat, exp }): Token => ({ at: iat, kid, issuedAt: iat, expiresAt: exp }));
  const tokens = all.filter(({ at }) => !first || first.version === 1 || at >= first.since + policy.publicationLead);
  if (tokens.length < all.length || !first) {
    const why = `${all.length - tokens.length} tokens are from before the log tells what was published`;
    for (const invariant of ['I1', 'I2'] as const)
      lacks.set(invariant, [first ? why : 'nothing tells what was published']);
  }
  if (steps.some(({ step }) => step === 'burn')) lacks.set('I6', ['what a burn answered is not in the log']);
  const times = [...steps.map(({ at }) => at), ...all.map(({ at }) => at)];
  return {
    from: times.reduce((least, at) => Math.min(least, at), NEVER),
    to: times.reduce((most, at) => Math.max(most, at), 0),
    documents,
    keys,
    tokens,
    endings,
    burns: [],
    ticks: [],
    standbys: [],
    imported: [],
    restores: steps.filter(({ step }) => step === 'recover').map(({ at }) => at),
    broken: [],
    settled: undefined,
    lacks,
    policyAt: () => policy,
  };
}

function sort(lines: Iterable<string>, issuer: string) {
  const steps: StepLine[] = [];
  const tokenLines: TokenLine[] = [];
  for (const text of lines) {
    const line = parse(text);
    if (line?.issuer !== issuer) continue;
    if (line.event === 'step' && typeof line.at === 'number') steps.push(line as unknown as StepLine);
    if (line.event === 'token') tokenLines.push(line as unknown as TokenLine);
  }
  steps.sort((a, b) => a.revision - b.revision || a.at - b.at);
  return { steps, tokenLines: tokenLines.sort((a, b) => a.iat - b.iat) };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const line: unknown = JSON.parse(text);
    if (!isPlainObject(line)) return undefined;
    return typeof line.message === 'string' && line.event === undefined ? parse(line.message) : line;
  } catch {
    return undefined;
  }
}

interface Past {
  readonly documents: Writable<Published>[];
  readonly keys: Map<string, UnfinishedLife>;
  readonly endings: Ending[];
  readonly policy: Policy;
}

function follow(line: StepLine, { documents, keys, endings, policy }: Past): void {
  const { at, step, kid, kids, documentVersion: version, signing, tokenLifetime, leadWaived } = line;
  const life = (name: string): UnfinishedLife => {
    const known = keys.get(name) ?? { kid: name, published: [], reigns: [], promised: [], burnedAt: NEVER };
    keys.set(name, known);
    return known;
  };
  const leaves = (name: string) => {
    const last = life(name).published.at(-1);
    if (last && last.until === NEVER) last.until = at;
  };
  if (step === 'publish') {
    const last = documents.at(-1);
    if (last) last.until = at;
    documents.push({ since: at, until: NEVER, version, kids: new Set(kids) });
    for (const name of kids)
      if (life(name).published.at(-1)?.until !== NEVER) life(name).published.push({ since: at, until: NEVER });
    for (const name of keys.keys()) if (!kids.includes(name)) leaves(name);
  }
  // Out of the keyring is as good as out of the document: the publication follows.
  if (step === 'retire' && kid !== undefined) leaves(kid);
  for (const name of line.burned ?? []) life(name).burnedAt = Math.min(life(name).burnedAt, at);
  if ((step === 'destroy' || step === 'disable') && kid !== undefined) {
    const state = Number.isFinite(life(kid).burnedAt) ? 'compromised' : 'retired';
    endings.push({ at, call: step, name: kid, kid, state: kids.includes(kid) ? 'active' : state });
  }
  for (const other of keys.values()) {
    const reign = other.reigns.at(-1);
    if (reign && reign.until === NEVER && other.kid !== signing) reign.until = at;
  }
  if (signing === undefined) return;
  const now = life(signing);
  if (now.reigns.at(-1)?.until !== NEVER)
    now.reigns.push({ since: at, until: NEVER, waived: leadWaived !== undefined, revenant: false, policy });
  if (tokenLifetime !== undefined && now.promised.at(-1)?.[1] !== tokenLifetime)
    now.promised.push([at - MOMENT - 2 * policy.clockSkew, tokenLifetime]);
}
