/**
 * Years of one policy, and what verifiers of each kind see of them. Nothing fails, but twice a year somebody rotates by
 * hand and at once again: only then does a standby sign as early as the windows let it.
 */
import { parsePolicy } from '../core/config.ts';
import { formatDuration } from '../core/duration.ts';
import { acceptsBurnedUntil, type Exposure } from '../core/exposure.ts';
import { edgeAge, minGrace, minPublicationLead, requireSafe, unsafe } from '../core/policy.ts';
import { blindSeconds, fetchesOnce, VERIFIERS, type Verifier } from '../core/verifiers.ts';
import type { Evidence, Reign, Span } from './evidence.ts';
import { evidenceOfTrace } from './evidence-of-trace.ts';
import { verdicts } from './invariants.ts';
import { experience, type Rejection } from './population.ts';
import { World } from './world.ts';

export interface KindForecast {
  readonly verifier: string;
  readonly title: string;
  readonly verifications: number;
  /** Of valid tokens, at one a second. */
  readonly rejections: number;
  readonly from?: number;
  readonly until?: number;
  /** Seconds after a burn for which it may accept the burned key, or what ends that. */
  readonly exposure: Exposure['acceptsBurnedUntil'];
}
export interface KeyForecast {
  readonly kid: string;
  readonly published: Span;
  readonly reign: Reign | undefined;
}
export interface Forecast {
  readonly from: number;
  readonly until: number;
  readonly ticks: number;
  readonly rotations: number;
  readonly verifiers: readonly KindForecast[];
  /** What the check of the windows says; empty for a policy that is safe. */
  readonly problems: readonly string[];
  /** Invariants of the protocol that did not hold. */
  readonly violated: readonly string[];
  /** Which window to widen, in a sentence each. */
  readonly advice: readonly string[];
  readonly keys: readonly KeyForecast[];
  /** The life of one token that was refused, and how long it was. */
  readonly refused?: Rejection & { readonly verifier: string };
}

const YEAR = 365 * 86_400;
const EACH = 8;

/** @throws KeyturnError `policy_invalid`, `policy_unsafe` */
export async function forecast(settings: Record<string, unknown>, years: number): Promise<Forecast> {
  const policy = requireSafe(parsePolicy({ issuer: 'https://auth.example.com', ...settings }));
  // Which algorithm signs changes nothing here but the time that keys take to make; whether the verifiers take it is checked above.
  const world = new World({ ...settings, algorithm: 'ES256', unsafeWindows: true }, 'forecast');
  const from = world.now;
  await live(world, from + years * YEAR);
  const evidence = evidenceOfTrace(world.trace, world.policy);
  const kinds = policy.verifiers ?? Object.values(VERIFIERS).filter((verifier) => !fetchesOnce(verifier));
  const seen = kinds.map((verifier) => ({ verifier, all: meet(evidence, verifier) }));
  const reigns = [...evidence.keys.values()].flatMap((life) => life.reigns);
  const worst = seen.flatMap(({ verifier, all }) =>
    all.rejections.map((one) => ({ ...one, verifier: verifier.name })),
  )[0];
  return {
    from,
    until: world.now,
    ticks: evidence.ticks.length,
    rotations: Math.max(0, reigns.length - 1),
    verifiers: seen.map(({ verifier, all }) => ({
      verifier: verifier.name,
      title: verifier.title,
      verifications: all.verifications,
      rejections: Math.ceil(all.rejections.reduce((sum, { since, until }) => sum + until - since, 0)),
      ...(all.rejections[0] && {
        from: Math.min(...all.rejections.map(({ since }) => since)),
        until: Math.max(...all.rejections.map(({ until }) => until)),
      }),
      exposure: acceptsBurnedUntil(verifier, edgeAge(policy) + 2 * policy.clockSkew),
    })),
    problems: unsafe(policy),
    violated: verdicts(evidence).flatMap(({ violations }) => violations.slice(0, 1)),
    advice: advice(
      evidence,
      seen.filter(({ all }) => all.rejections.length > 0),
    ),
    keys: [...evidence.keys.values()].map(({ kid, published, reigns: [reign] }) => ({
      kid,
      published: { since: published[0]?.since ?? from, until: published.at(-1)?.until ?? world.now },
      reign,
    })),
    ...(worst && { refused: worst }),
  };
}

/** A tick whenever one is due, and a token whenever it can matter: at its longest, from a signer that is late to hear of an end. */
async function live(world: World, until: number): Promise<void> {
  const { policy } = world;
  const warm = world.signer();
  const { maxTokenLifetime: expiresIn } = policy;
  const sign = () =>
    world.sign(warm, 'warm', { expiresIn }).then(
      () => undefined,
      () => undefined,
    );
  let signed = Number.NEGATIVE_INFINITY;
  let impatient = world.now + YEAR / 4;
  while (world.now < until) {
    const byHand = world.now >= impatient;
    if (byHand) {
      impatient += YEAR / 2;
      for (const reason of ['by hand', 'and again']) await world.rotateNow(reason);
    }
    const due =
      world.keyring.rotationRequested !== undefined ||
      (activeSince(world) ?? 0) + policy.rotationPeriod - policy.tick <= world.now;
    const old = world.now >= signed + expiresIn / 2;
    if (due || old) await sign();
    const revision = world.keyrings.item?.revision;
    await world.tick();
    const next = world.now + policy.tick;
    if (due && world.keyrings.item?.revision !== revision) {
      // Its keyring is from before the tick, and it uses it for as long as it may.
      world.now += Math.min(policy.signerCache, policy.tick / 2);
      await sign();
      world.now += 1;
      await sign();
    }
    if (due || old) signed = world.now;
    world.now = next;
  }
}

const activeSince = ({ keyring }: World): number | undefined => {
  const active = keyring.keys.find(({ state }) => state === 'active');
  return active?.state === 'active' ? active.activatedAt : undefined;
};

function meet(evidence: Evidence, verifier: Verifier) {
  const each = Array.from({ length: EACH }, (_, index) => experience(evidence, verifier, `forecast ${index}`));
  return {
    verifications: each.reduce((sum, { verifications }) => sum + verifications, 0),
    rejections: each.flatMap(({ rejections }) => rejections),
  };
}

/** A key that is refused in its first days was signed with too early; in its last, removed too early. */
function advice(
  evidence: Evidence,
  refusing: readonly { verifier: Verifier; all: { rejections: readonly Rejection[] } }[],
) {
  const said = new Set<string>();
  for (const { verifier, all } of refusing) {
    for (const { kid, since } of all.rejections) {
      const reign = evidence.keys.get(kid)?.reigns[0];
      const policy = evidence.policyAt(since);
      if (fetchesOnce(verifier))
        said.add(`${verifier.title} never fetches the JWKS again: no window is wide enough for it`);
      else if (reign && since >= reign.until) {
        const least = minGrace(policy, policy.maxTokenLifetime);
        said.add(`widen grace: ${formatDuration(policy.grace)} is too short, it takes ${formatDuration(least)}`);
      } else {
        const least = Math.max(minPublicationLead({ ...policy, verifiers: [verifier] }), blindSeconds(verifier));
        said.add(
          `widen publicationLead: ${formatDuration(policy.publicationLead)} is too short for ${verifier.title}, it takes ${formatDuration(least)}`,
        );
      }
    }
  }
  return [...said];
}
