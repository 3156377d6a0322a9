/**
 * What the status page is told beside the JWKS: the state of each published key, and the times that are planned. A
 * function of keyring and policy alone, so that it changes only where one of them does; who reads it has the clock.
 */
import type { Policy } from './config.ts';
import { isRendered, type Keyring, type RenderedKey, renderedKeys } from './keyring.ts';
import { type Span, spansOf } from './spans.ts';

/** In whole seconds since 1970. Which of them lie behind follows from the state: the others are planned. */
export interface TimelineKey {
  /** Absent: it has not been made yet. */
  readonly kid?: string;
  readonly algorithm: string;
  readonly state: RenderedKey['state'] | 'imported' | 'planned';
  /** It is in the JWKS from then on. */
  readonly published?: number;
  readonly signs?: number;
  readonly ends?: number;
  /** It leaves the JWKS. */
  readonly leaves?: number;
}

export interface Timeline {
  readonly issuer: string;
  readonly documentVersion: number;
  /** Of the keyring. Of two timelines with the same `documentVersion` the one with the higher revision is newer. */
  readonly revision: number;
  readonly keys: readonly TimelineKey[];
}

/** Beyond that nobody plans, and an hourly look at an activation window would take its time. */
const HORIZON_SECONDS = 2 * 366 * 86_400;

export function renderTimeline(keyring: Keyring, revision: number, policy: Policy): Timeline {
  const { issuer, documentVersion } = keyring;
  const from = lastChange(keyring);
  const whole = 2 * policy.rotationPeriod + policy.publicationLead + policy.grace + policy.tick;
  const spans = new Map(
    spansOf(keyring, policy, from, from + Math.min(whole, HORIZON_SECONDS)).map((span) => [span.kid, span]),
  );
  const published = renderedKeys(keyring).map(({ kid, algorithm, state }) => ({
    kid,
    algorithm,
    state,
    ...instantsOf(spans.get(kid)),
  }));
  const imported = (keyring.imported ?? []).map(
    ({ jwk: { kid, alg }, until }) => ({ kid, algorithm: alg, state: 'imported', leaves: Math.floor(until) }) as const,
  );
  // One is enough to see what comes after what is there.
  for (const { kid } of published) spans.delete(kid);
  const [next] = spans.values();
  const planned = next ? [{ algorithm: policy.algorithm, state: 'planned', ...instantsOf(next) } as const] : [];
  return { issuer, documentVersion, revision, keys: [...published, ...imported, ...planned] };
}

function instantsOf({ pending, active, grace, end }: Partial<Span> = {}): Partial<TimelineKey> {
  const named = { published: pending, signs: active, ends: grace, leaves: end };
  const known = Object.entries(named).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return Object.fromEntries(known.map(([name, instant]) => [name, Math.floor(instant)]));
}

/** Plans are made from there: from the tick's own time they would be others at every tick. */
function lastChange({ keys, intent, rotationRequested, flush }: Keyring): number {
  const instants = keys
    .filter(isRendered)
    .flatMap((key) => [
      key.createdAt,
      ...('observedAt' in key ? [key.observedAt ?? 0] : []),
      ...('activatedAt' in key ? [key.activatedAt] : []),
      ...('endedAt' in key ? [key.endedAt] : []),
    ]);
  return Math.max(0, ...instants, intent?.openedAt ?? 0, rotationRequested?.at ?? 0, flush?.at ?? 0);
}
