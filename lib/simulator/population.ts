/**
 * Verifiers by the verifier table, each with a copy of its own: when it fetches, what its edge gives it, and which keys it
 * misses. Nothing is signed or verified here: between two fetches a set stays what it is, so that for each key the seconds
 * count in which its tokens live, and a verifier that is asked once a second verifies as often.
 */

import { blindSeconds, type Verifier } from '../core/verifiers.ts';
import { announcedUntil, lastCopyWithout } from './announced.ts';
import type { Evidence, Published, Span } from './evidence.ts';
import { inForce, reignOf } from './evidence.ts';
import { Dice } from './random.ts';

export interface Rejection extends Span {
  readonly kid: string;
}
export interface Experience {
  readonly verifier: Verifier;
  readonly verifications: number;
  readonly fetches: number;
  /** A valid token was refused for its key, and nobody had announced it. */
  readonly rejections: readonly Rejection[];
}

/** When tokens of a key live, by a verifier that is lenient and whose clock is behind. */
export function livesOf({ tokens, keys, policyAt, to }: Evidence): Map<string, Span[]> {
  const lives = new Map<string, Span[]>();
  for (const { at, kid, expiresAt } of tokens) {
    const life = keys.get(kid);
    if (!life || at >= life.burnedAt || reignOf(life, at)?.revenant) continue;
    const { verifierLeeway, clockSkew } = policyAt(at);
    const until = Math.min(expiresAt + verifierLeeway + clockSkew, life.burnedAt, to);
    const spans = lives.get(kid) ?? [];
    lives.set(kid, spans);
    const last = spans.at(-1);
    if (last && at <= last.until) spans[spans.length - 1] = { since: last.since, until: Math.max(last.until, until) };
    else spans.push({ since: at, until });
  }
  return lives;
}

export function experience(evidence: Evidence, verifier: Verifier, name: string): Experience {
  const dice = new Dice('verifier', verifier.name, name);
  const { documents, to } = evidence;
  const first = documents[0];
  const lives = [...livesOf(evidence)].flatMap(([kid, spans]) => spans.map((span) => ({ kid, ...span })));
  const rejections: Rejection[] = [];
  let [verifications, fetches] = [0, 0];
  if (!first) return { verifier, verifications, fetches, rejections };

  // More keys than it takes are as good as none.
  const knows = ({ kids }: Published, kid: string) => kids.size <= (verifier.maxKeys ?? kids.size) && kids.has(kid);
  const edge = new Copy(evidence, dice);
  const wanted = lives.toSorted((a, b) => a.since - b.since);
  const changes = [...documents.map(({ since }) => since), ...wanted.map(({ since }) => since)].sort((a, b) => a - b);
  // It starts somewhere in its first cache, and not before there is a token to verify.
  let now = Math.max(first.since, wanted[0]?.since ?? to);
  let set = edge.get(now);
  let fetchedAt = now - dice.next() * Math.min(verifier.keyCache, 86_400);
  for (let next = 0; now < to; ) {
    const expires = fetchedAt + verifier.keyCache;
    if (expires <= now) {
      // As long as nothing changes, one fetch is like the other: the last one before the next change is as good.
      while ((changes[next] ?? to) <= now) next += 1;
      const quiet = Math.max(0, Math.floor(((changes[next] ?? to) - now - edge.lag) / Math.max(1, verifier.keyCache)));
      fetches += 1 + quiet;
      set = edge.get(now);
      fetchedAt = now;
      if (quiet > 1 && set === inForce(documents, now)) fetchedAt = now + (quiet - 1) * verifier.keyCache;
    }
    const live = wanted.filter(({ since, until }) => since <= now && until > now);
    const missing = live.find(({ kid }) => !knows(set, kid));
    if (missing && verifier.refetch !== 'never' && now - fetchedAt >= verifier.refetch && set !== edge.get(now)) {
      fetches += 1;
      set = edge.get(now);
      fetchedAt = now;
      continue;
    }
    while ((changes[next] ?? to) <= now) next += 1;
    const retry = missing
      ? Math.max(now + 1, fetchedAt + Math.min(blindSeconds(verifier), verifier.keyCache), now + 5)
      : to;
    const until = Math.min(
      to,
      changes[next] ?? to,
      Math.max(now + 1, fetchedAt + verifier.keyCache),
      retry,
      ...live.map((one) => one.until),
    );
    for (const { kid } of live) {
      verifications += until - now;
      if (!knows(set, kid) && !announced(evidence, verifier, kid, now)) extend(rejections, { kid, since: now, until });
    }
    now = Math.max(until, now + 1e-3);
  }
  return { verifier, verifications: Math.floor(verifications), fetches, rejections };
}

/** A key that a burn had sign without its lead: who may refuse it until when is part of the burn's answer. */
function announced(evidence: Evidence, verifier: Verifier, kid: string, now: number): boolean {
  // Any of its reigns: a restore and a `recover` begin another one, and the burn's word stands.
  return (evidence.keys.get(kid)?.reigns ?? []).some((reign) => {
    if (reign.waived !== 'burn' || reign.since > now) return false;
    // Where the burn was killed before it could answer, nobody was told anything.
    const unsaid = lastCopyWithout(evidence, kid, reign) + blindSeconds(verifier);
    return now < (announcedUntil(evidence, verifier.name, reign) ?? unsaid);
  });
}

function extend(rejections: Rejection[], { kid, since, until }: Rejection): void {
  const last = rejections.at(-1);
  if (last && last.kid === kid && since - last.until < 1) rejections[rejections.length - 1] = { ...last, until };
  else rejections.push({ kid, since, until });
}

/** The edge near this verifier: a copy as old as its directives let it be, whatever an invalidation may have reached. */
class Copy {
  readonly #documents: readonly Published[];
  readonly #share: number;
  readonly lag: number;
  #oldest = 0;

  constructor({ documents }: Evidence, dice: Dice) {
    this.#documents = documents;
    // The oldest and the youngest are the ones that matter.
    this.#share = dice.pick([0, 0.5, 1, 1]);
    this.lag = this.#share * documents.reduce((most, { age }) => Math.max(most, age), 0);
  }

  /** For instants in their order. */
  get(now: number): Published {
    const isGone = ({ until, age }: Published) => until + this.#share * age <= now;
    while (this.#oldest < this.#documents.length - 1 && isGone(this.#documents[this.#oldest] as Published))
      this.#oldest += 1;
    return this.#documents[this.#oldest] as Published;
  }
}
