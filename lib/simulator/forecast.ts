/** Years of one policy, and what verifiers of each kind see of them. */
import { facts } from '../core/algorithms.ts';
import { type Policy, parsePolicy } from '../core/config.ts';
import { acceptsBurnedUntil, type Exposure } from '../core/exposure.ts';
import { blindestVerifier, edgeAge, requireSafe, unsafe } from '../core/policy.ts';
import { fetchesOnce, type Verifier } from '../core/verifiers.ts';
import { advice } from './advice.ts';
import type { Evidence, Reign, Span } from './evidence.ts';
import { evidenceOfTrace } from './evidence-of-trace.ts';
import { verdicts } from './invariants.ts';
import { experience, livesOf, type Rejection } from './population.ts';
import { World } from './world.ts';
import { live, YEAR } from './years.ts';

export interface KindForecast {
  readonly verifier: string;
  readonly title: string;
  readonly verifications: number;
  /** Of valid tokens, at one a second. */
  readonly rejections: number;
  readonly from?: number;
  readonly until?: number;
  /** Why it takes none of the tokens, whatever the windows are. */
  readonly misfit?: string;
  /** Seconds after a burn for which it may accept the burned key, or what ends that: as a burn answers, none was made. */
  readonly exposure: Exposure['acceptsBurnedUntil'];
}
export interface KeyForecast {
  readonly kid: string;
  readonly published: Span;
  readonly reign: Reign | undefined;
}
/** One token that was refused: from when to when it lived, and when it was refused. */
export interface RefusedToken extends Rejection {
  readonly verifier: string;
  readonly signedAt: number;
  readonly expiresAt: number;
}
export interface Forecast {
  readonly from: number;
  readonly until: number;
  readonly ticks: number;
  readonly rotations: number;
  /** Nobody said who verifies: the one that the policy's check assumes is simulated. */
  readonly assumed: boolean;
  readonly verifiers: readonly KindForecast[];
  /** What the check of the windows says; empty for a policy that is safe. */
  readonly problems: readonly string[];
  /** Invariants of the protocol that did not hold. */
  readonly violated: readonly string[];
  /** At how many ticks there was no room for a standby, or for another KMS key. */
  readonly heldTicks: number;
  /** Which window to widen, in a sentence each. */
  readonly advice: readonly string[];
  readonly keys: readonly KeyForecast[];
  readonly refused?: RefusedToken;
}

/** Of each kind so many, near edges of all ages. */
const EACH = 8;
const NO_ROOM = ['standby', 'key-cap'];

/** @throws KeyturnError `policy_invalid`, `policy_unsafe` */
export async function forecast(
  settings: Record<string, unknown>,
  years: number,
  progress: (share: number) => void = () => {},
): Promise<Forecast> {
  const policy = requireSafe(parsePolicy({ issuer: 'https://auth.example.com', ...settings }));
  // Which algorithm signs changes nothing here but the time that keys take to make; who takes it is asked below.
  const world = new World({ ...settings, algorithm: 'ES256', unsafeWindows: true }, 'forecast');
  const from = world.now;
  const leftOut = await live(world, from + years * YEAR, progress);
  const evidence = evidenceOfTrace(world.trace, world.policy);
  const kinds = policy.verifiers ?? [blindestVerifier(policy)].filter((verifier) => verifier !== undefined);
  const seen = kinds.map((verifier) => ({ verifier, all: meet(evidence, verifier, policy) }));
  const reigns = [...evidence.keys.values()].flatMap((life) => life.reigns);
  const refused = seen.map(({ verifier, all }) => refusedToken(evidence, verifier, all.rejections)).find(Boolean);
  return {
    from,
    until: world.now,
    ticks: evidence.ticks.length + leftOut,
    rotations: Math.max(0, reigns.length - 1),
    assumed: policy.verifiers === undefined,
    verifiers: seen.map(({ verifier, all }) => kindOf(verifier, all, policy)),
    problems: unsafe(policy),
    violated: verdicts(evidence).flatMap(({ violations }) => violations.slice(0, 1)),
    heldTicks: evidence.ticks.filter(({ holds }) => holds.some((kind) => NO_ROOM.includes(kind))).length,
    advice: advice(evidence, seen),
    keys: [...evidence.keys.values()].map(({ kid, published, reigns: [reign] }) => ({
      kid,
      published: { since: published[0]?.since ?? from, until: published.at(-1)?.until ?? world.now },
      reign,
    })),
    ...(refused && { refused }),
  };
}

interface Met {
  readonly verifications: number;
  readonly rejections: readonly Rejection[];
  readonly misfit?: string;
}

function meet(evidence: Evidence, verifier: Verifier, policy: Policy): Met {
  const each = Array.from({ length: EACH }, (_, index) => experience(evidence, verifier, `forecast ${index}`));
  const verifications = each.reduce((sum, one) => sum + one.verifications, 0);
  const why = misfit(verifier, policy);
  if (why === undefined) return { verifications, rejections: each.flatMap(({ rejections }) => rejections) };
  const lives = [...livesOf(evidence)].flatMap(([kid, spans]) => spans.map((span) => ({ kid, ...span })));
  return { verifications, rejections: lives, misfit: why };
}

function misfit({ title, algorithms, rejectsUnknownKeyTypes }: Verifier, { algorithm }: Policy): string | undefined {
  if (rejectsUnknownKeyTypes && facts(algorithm).kty === 'AKP') return `${title} refuses a JWKS with ${algorithm} keys`;
  if (algorithms.includes(algorithm)) return undefined;
  return `${title} takes ${algorithms.join(', ')}, and tokens are signed with ${algorithm}`;
}

function kindOf(verifier: Verifier, { verifications, rejections, misfit: why }: Met, policy: Policy): KindForecast {
  const seconds = rejections.reduce((sum, { since, until }) => sum + until - since, 0);
  return {
    verifier: verifier.name,
    title: verifier.title,
    verifications,
    rejections: why === undefined ? Math.ceil(seconds) : verifications,
    ...(rejections[0] && {
      from: Math.min(...rejections.map(({ since }) => since)),
      until: Math.max(...rejections.map(({ until }) => until)),
    }),
    ...(why !== undefined && { misfit: why }),
    // No token of a fresh key makes it fetch.
    exposure: fetchesOnce(verifier) ? 'restart' : acceptsBurnedUntil(verifier, edgeAge(policy) + 2 * policy.clockSkew),
  };
}

/** The first one that is alive when its key is refused; else one that only a lenient verifier would still take. */
function refusedToken(evidence: Evidence, { name }: Verifier, [rejection]: readonly Rejection[]) {
  if (!rejection) return undefined;
  const { kid, since, until } = rejection;
  const { verifierLeeway, clockSkew } = evidence.policyAt(since);
  for (const leniency of [0, verifierLeeway + clockSkew]) {
    const token = evidence.tokens.find(
      ({ kid: own, at, expiresAt }) => own === kid && at < until && expiresAt + leniency > since,
    );
    if (!token) continue;
    const { at: signedAt, expiresAt } = token;
    const refused = { since: Math.max(since, signedAt), until: Math.min(until, expiresAt + leniency) };
    return { kid, verifier: name, signedAt, expiresAt, ...refused };
  }
  return undefined;
}
