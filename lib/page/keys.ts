/** What the page says of the issuer's keys: the JWKS, and beside it the planned times, where they are published. Pure. */
import type { Timeline, TimelineKey } from '../core/timeline.ts';
import { dateOf, distanceOf } from './when.ts';

export interface PublishedJwk {
  readonly kid: string;
  readonly alg?: string;
}
/** `unknown`: it is in the JWKS, and nothing says more. */
export type KeyView = Omit<TimelineKey, 'state'> & {
  readonly state: TimelineKey['state'] | 'unknown';
  /** For when its next change was planned, where that has passed. */
  readonly due?: number;
};

const ORDER = ['grace', 'active', 'pending', 'imported', 'unknown', 'planned'];

/** The JWKS decides which keys there are: what has left it is not shown, whatever an older timeline says. */
export function keysOf(jwks: readonly PublishedJwk[], timeline: Timeline | undefined): KeyView[] {
  const planned = timeline?.keys ?? [];
  const told = planned.filter(({ kid }) => kid === undefined || jwks.some((jwk) => jwk.kid === kid));
  const untold = jwks
    .filter(({ kid }) => !planned.some((key) => key.kid === kid))
    .map(({ kid, alg = '' }) => ({ kid, algorithm: alg, state: 'unknown' }) as const);
  return [...told, ...untold].toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
}

export const STATES: Readonly<Record<KeyView['state'], string>> = {
  active: 'signs',
  pending: 'stands by',
  grace: 'grace',
  imported: 'imported',
  unknown: 'published',
  planned: 'to come',
};

export const shortKid = (kid: string): string => (kid.length > 14 ? `${kid.slice(0, 12)}…` : kid);
export const nameOf = ({ kid }: Pick<KeyView, 'kid'>): string => (kid === undefined ? 'a new key' : shortKid(kid));

/** One sentence a key. */
export function sentenceOf(key: KeyView, now: number): string {
  const { published = 0, signs = 0, ends, leaves, due } = key;
  const at = (instant: number) => `${dateOf(instant, now)}, ${distanceOf(instant, now)}`;
  const late = due === undefined ? undefined : `as soon as that is safe, which was planned for ${dateOf(due, now)}`;
  switch (key.state) {
    case 'active': {
      const since = `Has signed since ${dateOf(signs, now)}.`;
      if (late) return `${since} The next key takes over ${late}.`;
      return ends === undefined ? since : `${since} The next key takes over on ${at(ends)}.`;
    }
    case 'pending':
      return `In the JWKS since ${dateOf(published, now)}, so that every verifier knows it before it signs.`;
    case 'grace': {
      const until = `Signed until ${dateOf(ends ?? now, now)}.`;
      if (late) return `${until} It leaves ${late}.`;
      return `${until} Its last tokens may be live, so it stays${leaves === undefined ? '' : ` until ${at(leaves)}`}.`;
    }
    case 'imported':
      return `A key of another issuer, from which callers move here. It leaves ${late ?? `on ${at(leaves ?? now)}`}.`;
    case 'planned':
      return `Will be made and published ${late ?? `on ${at(published)}`}.`;
    case 'unknown':
      return 'In the JWKS.';
  }
}

/** The one sentence at the top. */
export function leadOf(keys: readonly KeyView[], now: number): string {
  const active = keys.find(({ state }) => state === 'active');
  const pending = keys.findLast(({ state }) => state === 'pending');
  const count = keys.filter(({ state }) => state !== 'planned').length;
  if (count === 0) return 'The JWKS holds no key.';
  const untold = keys.filter(({ state }) => state === 'unknown').length;
  if (untold === count)
    return count === 1 ? 'One key is published.' : `${count} keys are published. Any of them may sign.`;
  if (!active && untold > 0) return 'The key that signed has left. Which one signs now is not told yet.';
  if (!active) return 'No key signs at the moment: a fresh one has to be seen by everybody first.';
  const first = `Key ${nameOf(active)} signs.`;
  if (!pending) return first;
  const { signs } = pending;
  if (signs === undefined) return `${first} ${nameOf(pending)} stands by.`;
  return `${first} ${nameOf(pending)} takes over ${pending.due === undefined ? distanceOf(signs, now) : 'as soon as that is safe'}.`;
}

export interface Upcoming {
  readonly at: number;
  /** It is late: for then it was planned. */
  readonly due?: number;
  readonly what: string;
}

/** What is late is still to come. */
export function upcomingOf(keys: readonly KeyView[]): Upcoming[] {
  const active = keys.find(({ state }) => state === 'active');
  const events = keys.flatMap((key): (Omit<Upcoming, 'at'> & { readonly at: number | undefined })[] => {
    const { state, published, signs, leaves, due } = key;
    const late = due === undefined ? {} : { due };
    const name = nameOf(key);
    const leaving = `${name} leaves the JWKS: its last token has ended`;
    const place = active ? ` in place of ${nameOf(active)}` : '';
    switch (state) {
      case 'planned':
        return [{ at: published, ...late, what: 'A new key is made and published; it does not sign yet' }];
      case 'pending':
        return [{ at: signs, ...late, what: `${name} begins to sign${place}` }];
      case 'active':
        return [{ at: leaves, what: leaving }];
      case 'unknown':
        return [];
      default:
        return [{ at: leaves, ...late, what: leaving }];
    }
  });
  return events.filter((event): event is Upcoming => event.at !== undefined).toSorted((a, b) => a.at - b.at);
}
