/**
 * The promise as checkers over a trace: pure functions, a sentence for each violation, none when it holds. Times are
 * true ones; what clocks may err by is in the policy.
 */
import type { Policy } from '../core/config.ts';
import { PRIVATE_MEMBERS } from '../core/jwk.ts';
import { type ActiveKey, isRendered, type Key, type Keyring } from '../core/keyring.ts';
import { blindestVerifier, edgeAge } from '../core/policy.ts';
import { blindSeconds } from '../core/verifiers.ts';
import type { TraceEvent } from './trace.ts';

interface Published {
  readonly since: number;
  readonly until: number;
  readonly version: number;
  readonly keys: readonly { readonly kid: string }[];
}
type Token = Extract<TraceEvent, { kind: 'token' }>;

/** A trace, read once. */
class History {
  readonly documents: readonly Published[];
  readonly saves: readonly { readonly at: number; readonly keyring: Keyring }[];
  readonly tokens: readonly Token[];
  readonly endings: readonly Extract<TraceEvent, { kind: 'ending' }>[];

  constructor(trace: readonly TraceEvent[]) {
    const documents = trace.filter((event) => event.kind === 'document');
    this.documents = documents.map(({ at, body }, index) => {
      const { keys, documentVersion } = JSON.parse(body) as { keys: { kid: string }[]; documentVersion: number };
      return { since: at, until: documents[index + 1]?.at ?? Number.POSITIVE_INFINITY, version: documentVersion, keys };
    });
    this.saves = trace.filter((event) => event.kind === 'save');
    this.tokens = trace.filter((event) => event.kind === 'token');
    this.endings = trace.filter((event) => event.kind === 'ending');
  }

  /** The documents that were current at some time between the two instants. */
  during(from: number, to: number): readonly Published[] {
    return this.documents.filter(({ since, until }) => since <= to && until > from);
  }

  burnedAt(kid: string): number {
    const save = this.saves.find(({ keyring }) => keyOf(keyring, kid)?.state === 'compromised');
    return save?.at ?? Number.POSITIVE_INFINITY;
  }

  activation(kid: string): ActiveKey | undefined {
    for (const { keyring } of this.saves) {
      const key = keyOf(keyring, kid);
      if (key?.state === 'active') return key;
    }
    return undefined;
  }

  endedAt(kid: string): number {
    for (const { keyring } of this.saves) {
      const key = keyOf(keyring, kid);
      if (key && 'endedAt' in key) return key.endedAt;
    }
    return Number.POSITIVE_INFINITY;
  }
}

const keyOf = (keyring: Keyring, kid: string): Key | undefined => keyring.keys.find((key) => key.kid === kid);
const holds = ({ keys }: Published, kid: string): boolean => keys.some((key) => key.kid === kid);

type Checker = (history: History, policy: Policy) => string[];

/** What a burned key signs in its last moments is lost on purpose. */
const honest = (history: History): readonly Token[] =>
  history.tokens.filter(({ at, kid }) => at < history.burnedAt(kid));

/** Every token, while it is valid, finds its key in whatever document an honest verifier may hold. */
const everyTokenFindsItsKey: Checker = (history, policy) => {
  const blindest = blindestVerifier(policy);
  const stale = (blindest ? blindSeconds(blindest) : 0) + edgeAge(policy);
  return honest(history).flatMap(({ at, kid, expiresAt }) => {
    const waived = history.activation(kid)?.leadWaived !== undefined;
    const end = expiresAt + policy.verifierLeeway + policy.clockSkew;
    const held = history.during(waived ? at : at - stale, end).filter(({ since }) => since < history.burnedAt(kid));
    const without = held.find((document) => !holds(document, kid));
    return without ? [`I1: a token of ${kid} signed at ${at} meets version ${without.version} without its key`] : [];
  });
};

/** No key signs before it has been published for the lead, without a gap. */
const noKeySignsBeforeItsLead: Checker = (history, policy) =>
  honest(history).flatMap(({ at, kid }) => {
    const active = history.activation(kid);
    if (!active) return [`I2: ${kid} signed at ${at} and was never active`];
    const lead = active.leadWaived ? 0 : policy.publicationLead - 2 * policy.clockSkew;
    const held = history.during(at - lead, at);
    const since = held[0]?.since ?? Number.POSITIVE_INFINITY;
    if (since <= at - lead && held.every((document) => holds(document, kid))) return [];
    return [`I2: ${kid} signed at ${at} without having been published for ${lead} s`];
  });

/** One key signs, and no signer goes back to an older one for longer than its cache and one signature. */
const oneKeySigns: Checker = (history, policy) => {
  const several = history.saves.filter(
    ({ keyring }) => keyring.keys.filter(({ state }) => state === 'active').length > 1,
  );
  const problems = several.map(({ at }) => `I3: several keys were active at ${at}`);
  const slack = policy.signerCache + policy.signingLatency + 2 * policy.clockSkew;
  const firstUse = new Map<string, number>();
  for (const { at, kid } of history.tokens) if (!firstUse.has(kid)) firstUse.set(kid, at);
  const activatedAt = (kid: string) => history.activation(kid)?.activatedAt ?? 0;
  for (const { at, kid } of history.tokens) {
    for (const [newer, since] of firstUse) {
      if (activatedAt(newer) > activatedAt(kid) && at > since + slack) {
        problems.push(`I3: ${kid} signed at ${at}, ${at - since} s after ${newer} had`);
      }
    }
  }
  return problems;
};

/** The published version never falls, the set is never empty and never private, and a kid with live tokens stays. */
const theDocumentIsSound: Checker = ({ documents }) => {
  const problems: string[] = [];
  for (const [index, { version, keys, since }] of documents.entries()) {
    const before = documents[index - 1]?.version ?? 0;
    if (version < before) problems.push(`I5: version ${version} replaced version ${before} at ${since}`);
    if (keys.length === 0) problems.push(`I5: version ${version} is empty`);
    const leaked = PRIVATE_MEMBERS.find((member) => keys.some((key) => member in key));
    if (leaked) problems.push(`I5: version ${version} holds ${leaked}`);
  }
  return problems;
};

/** A burned kid does not come back once it is out. */
const theBurnedStayOut: Checker = (history) => {
  const kids = new Set(history.documents.flatMap(({ keys }) => keys.map(({ kid }) => kid)));
  return [...kids].flatMap((kid) => {
    const after = history.documents.filter(({ since }) => since > history.burnedAt(kid));
    const out = after.findIndex((document) => !holds(document, kid));
    const back = out < 0 ? undefined : after.slice(out).find((document) => holds(document, kid));
    return back ? [`I6: burned ${kid} came back in version ${back.version}`] : [];
  });
};

/** A KMS key ends only after its key was burned (before, if the burn could not be saved at once), or was retired and published as gone, or never was in a keyring. */
const kmsKeysEndLast: Checker = (history) =>
  history.endings.flatMap(({ at, keyArn, call }) => {
    const { keyring } = history.saves.findLast((save) => save.at <= at) ?? {};
    const key = keyring?.keys.find((candidate) => candidate.keyArn === keyArn);
    if (!key || key.state === 'compromised') return [];
    if (call === 'disable' && Number.isFinite(history.burnedAt(key.kid))) return [];
    const current = history.during(at, at).at(-1);
    if (key.state === 'retired' && current && !holds(current, key.kid)) return [];
    return [`I8: ${call} of ${key.kid} at ${at} while it was ${key.state}`];
  });

/** A kid is one public key for ever. */
const kidsAreNeverReused: Checker = ({ saves }) => {
  const known = new Map<string, string>();
  const problems: string[] = [];
  for (const { keyring } of saves) {
    for (const key of keyring.keys.filter(isRendered)) {
      const jwk = JSON.stringify(key.jwk);
      if ((known.get(key.kid) ?? jwk) !== jwk) problems.push(`I10: ${key.kid} is two public keys`);
      known.set(key.kid, jwk);
    }
  }
  return problems;
};

/** No signature long after the key's end, and no token that outlives what its key recorded. */
const endsAndLifetimesHold: Checker = (history, policy) =>
  history.tokens.flatMap(({ at, kid, issuedAt, expiresAt }) => {
    const problems: string[] = [];
    const slack = policy.signerCache + policy.signingLatency + 2 * policy.clockSkew;
    if (at > history.endedAt(kid) + slack) problems.push(`I11: ${kid} signed at ${at}, after its end`);
    const most = Math.max(
      ...history.saves.map(({ keyring }) => {
        const key = keyOf(keyring, kid);
        return key && 'maxTokenLifetime' in key ? key.maxTokenLifetime : 0;
      }),
    );
    if (expiresAt - issuedAt > most)
      problems.push(`I11: a token of ${kid} lives ${expiresAt - issuedAt} s, over ${most} s`);
    return problems;
  });

const CHECKERS: readonly Checker[] = [
  everyTokenFindsItsKey,
  noKeySignsBeforeItsLead,
  oneKeySigns,
  theDocumentIsSound,
  theBurnedStayOut,
  kmsKeysEndLast,
  kidsAreNeverReused,
  endsAndLifetimesHold,
];

/** Which invariants does the trace break? */
export function violatedBy(trace: readonly TraceEvent[], policy: Policy): string[] {
  const history = new History(trace);
  return CHECKERS.flatMap((check) => check(history, policy));
}
