/** I1, I2, I3 and I11: what may be said of every token. */
import { blindestVerifier } from '../../core/policy.ts';
import { blindSeconds } from '../../core/verifiers.ts';
import {
  type Checker,
  covers,
  type Evidence,
  type KeyLife,
  type Published,
  type Reign,
  reignOf,
  type Token,
} from '../evidence.ts';

/** What a burned key signs in its last moments is lost on purpose. */
const honest = ({ tokens, keys }: Evidence): Token[] =>
  tokens.filter(({ at, kid }) => at < (keys.get(kid)?.burnedAt ?? Number.POSITIVE_INFINITY));

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
    if (reign.unconfirmed !== undefined) {
      undecided.push(reign.unconfirmed);
      continue;
    }
    checked += 1;
    const violation = judge(token, life, reign);
    if (violation) violations.push(violation);
  }
  return { checked, violations, undecided: [...new Set(undecided)] };
}

/** I1: every token, while it is valid, finds its key in whatever document an honest verifier may hold. */
export const everyTokenFindsItsKey: Checker = (evidence) => {
  const lacking = new Map<string, Published[]>();
  return eachToken(evidence, ({ at, kid, expiresAt }, life, { waived, policy }) => {
    const without = lacking.get(kid) ?? evidence.documents.filter(({ kids }) => !kids.has(kid));
    lacking.set(kid, without);
    // Who came to verify later has known the key since.
    const blindest = blindestVerifier(policy);
    const blind = blindest ? blindSeconds(blindest) : 0;
    const dead = Math.min(expiresAt + policy.verifierLeeway + policy.clockSkew, life.burnedAt, evidence.to);
    // A copy of it was fetched as late as its own directives let an edge serve one. Who may miss a burn's key, the burn says.
    const met = without.find(({ since, until, age }) => {
      return since < dead && until + (waived === 'burn' ? 0 : age + blind) > at;
    });
    if (!met && covers(life.published, at, dead)) return undefined;
    return `I1: a token of ${kid} signed at ${at} meets version ${met?.version ?? 'none'} without its key`;
  });
};

/** I2: no key signs before it has been published for the lead, without a gap, and no canary of it was refused. */
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

/** I11: no signature long after the key's end, and no token that outlives its key, or what its key had recorded. */
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
    // After a restore the same key may have another end.
    const end = Math.max(...life.reigns.map(({ notAfter = Number.POSITIVE_INFINITY }) => notAfter));
    if (expiresAt > end) violations.push(`I11: a token of ${kid} lives until ${expiresAt}, its key ends at ${end}`);
    const lives = expiresAt - issuedAt;
    if (lives > most) violations.push(`I11: a token of ${kid} lives ${lives} s, over ${most} s`);
  }
  return { checked, violations, undecided: [...undecided] };
};
