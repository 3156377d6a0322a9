/** I1, I2, I3 and I11: what may be said of every token. */
import { blindestVerifier, edgeAge } from '../../core/policy.ts';
import { blindSeconds } from '../../core/verifiers.ts';
import { type Checker, covers, type Evidence, type KeyLife, type Reign, reignOf, type Token } from '../evidence.ts';

/** What a burned key signs in its last moments is lost on purpose. */
const honest = ({ tokens, keys }: Evidence): Token[] =>
  tokens.filter(({ at, kid }) => at < (keys.get(kid)?.burnedAt ?? Number.POSITIVE_INFINITY));

/** Nobody holds a document from before the first one. */
const afterTheFirst = ({ documents, from }: Evidence, instant: number): number =>
  Math.max(instant, documents[0]?.since ?? from);

function eachToken(evidence: Evidence, judge: (token: Token, life: KeyLife, reign: Reign) => string | undefined) {
  const violations: string[] = [];
  const undecided: string[] = [];
  let checked = 0;
  for (const token of honest(evidence)) {
    const life = evidence.keys.get(token.kid);
    const reign = reignOf(life, token.at);
    if (!life || !reign) {
      undecided.push(`nothing tells when ${token.kid} was published and activated`);
      continue;
    }
    if (reign.revenant) continue;
    checked += 1;
    const violation = judge(token, life, reign);
    if (violation) violations.push(violation);
  }
  return { checked, violations, undecided: [...new Set(undecided)] };
}

/** I1: every token, while it is valid, finds its key in whatever document an honest verifier may hold. */
export const everyTokenFindsItsKey: Checker = (evidence) =>
  eachToken(evidence, ({ at, kid, expiresAt }, life, { waived, policy }) => {
    const blindest = blindestVerifier(evidence.policyAt(at));
    const stale = waived ? 0 : (blindest ? blindSeconds(blindest) : 0) + edgeAge(policy);
    const dead = Math.min(expiresAt + policy.verifierLeeway + policy.clockSkew, life.burnedAt, evidence.to);
    const since = afterTheFirst(evidence, at - stale);
    if (covers(life.published, since, dead)) return undefined;
    const without = evidence.documents.find((one) => one.until > since && one.since <= dead && !one.kids.has(kid));
    return `I1: a token of ${kid} signed at ${at} meets version ${without?.version ?? 'none'} without its key`;
  });

/** I2: no key signs before it has been published for the lead, without a gap. */
export const noKeySignsBeforeItsLead: Checker = (evidence) => {
  const { violations, ...found } = eachToken(evidence, ({ at, kid }, life, { waived, policy }) => {
    const lead = waived ? 0 : policy.publicationLead - 2 * policy.clockSkew;
    if (covers(life.published, at - lead, at)) return undefined;
    return `I2: ${kid} signed at ${at} without having been published for ${lead} s`;
  });
  const never = evidence.broken.filter(({ invariant }) => invariant === 'I2').map(({ what }) => what);
  return { ...found, violations: [...violations, ...never] };
};

/** I3: no signer uses an older key for longer than its cache and one signature after a newer one was used. */
export const oneKeySigns: Checker = (evidence) => {
  const { keys, tokens, restores, broken } = evidence;
  const reigns = [...keys.values()]
    .flatMap(({ kid, reigns }) => reigns.map((reign) => ({ ...reign, kid })))
    .sort((a, b) => a.since - b.since);
  const firstUse = reigns.map(({ kid, since }) => tokens.find((token) => token.kid === kid && token.at >= since)?.at);
  const violations = broken.filter(({ invariant }) => invariant === 'I3').map(({ what }) => what);
  for (const { at, kid } of tokens) {
    const own = reigns.findLastIndex((reign) => reign.kid === kid && reign.since <= at);
    const slack = slackOf(evidence, at);
    for (let later = own + 1; own >= 0 && later < reigns.length; later++) {
      const used = firstUse[later];
      if (used === undefined || at <= used + slack) continue;
      if (restores.some((restored) => restored >= (reigns[later]?.since ?? 0) && restored <= at)) continue;
      violations.push(`I3: ${kid} signed at ${at}, ${at - used} s after ${reigns[later]?.kid} had`);
    }
  }
  return { checked: tokens.length, violations };
};

/** A keyring in a signer's hands, one slow signature, and a clock that moves within its bounds. */
const slackOf = (evidence: Evidence, at: number): number => {
  const { signerCache, signingLatency, clockSkew } = evidence.policyAt(at);
  return signerCache + signingLatency + 2 * clockSkew;
};

/** I11: no signature long after the key's end, and no token that outlives what its key had recorded. */
export const endsAndLifetimesHold: Checker = (evidence) => {
  const violations: string[] = [];
  const undecided = new Set<string>();
  let checked = 0;
  for (const { at, kid, issuedAt, expiresAt } of evidence.tokens) {
    const life = evidence.keys.get(kid);
    const reign = reignOf(life, at);
    if (!life || !reign) {
      undecided.add(`nothing tells when ${kid} was activated`);
      continue;
    }
    checked += 1;
    if (at > reign.until + slackOf(evidence, at)) violations.push(`I11: ${kid} signed at ${at}, after its end`);
    const most = Math.max(0, ...life.promised.filter(([since]) => since <= at).map(([, seconds]) => seconds));
    const lives = expiresAt - issuedAt;
    if (lives > most) violations.push(`I11: a token of ${kid} lives ${lives} s, over ${most} s`);
  }
  return { checked, violations, undecided: [...undecided] };
};
