/** The keys on a line of time, for a terminal: what each was, is, and will be. Pure. */
import type { Policy } from '../core/config.ts';
import type { Keyring } from '../core/keyring.ts';
import { foresee } from '../core/outlook.ts';
import { short } from './shortened.ts';

export interface Span {
  readonly kid: string;
  readonly pending?: number;
  readonly active?: number;
  readonly grace?: number;
  /** Out of the JWKS. */
  readonly end?: number;
}

const WIDTH = 60;
const GLYPHS = { pending: '░', active: '█', grace: '▒' };

/** Each published key and those that come until `until`, with the instants of its states. */
export function spansOf(keyring: Keyring, policy: Policy, now: number, until: number): Span[] {
  const spans = new Map<string, Span>();
  for (const key of keyring.keys) {
    if (key.state === 'pending') spans.set(key.kid, { kid: key.kid, pending: key.createdAt });
    if (key.state === 'active') spans.set(key.kid, { kid: key.kid, pending: key.createdAt, active: key.activatedAt });
    if (key.state === 'grace') {
      const { kid, createdAt, activatedAt, endedAt } = key;
      spans.set(kid, { kid, pending: createdAt, active: activatedAt, grace: endedAt });
    }
  }
  let signing = keyring.keys.find(({ state }) => state === 'active')?.kid;
  for (const { at, step, kid } of foresee(keyring, policy, now, until)) {
    if (kid === undefined) continue;
    const span = spans.get(kid) ?? { kid };
    if (step === 'create') spans.set(kid, { ...span, pending: at });
    if (step === 'retire') spans.set(kid, { ...span, end: at });
    if (step === 'activate') {
      const former = signing === undefined ? undefined : spans.get(signing);
      if (former) spans.set(former.kid, { ...former, grace: at });
      spans.set(kid, { ...span, active: at });
      signing = kid;
    }
  }
  return [...spans.values()];
}

export function drawTimeline(spans: readonly Span[], now: number, until: number): string {
  const start = Math.min(now, ...spans.map(({ pending = now }) => pending));
  const cell = (until - start) / WIDTH;
  const rows = spans.map((span) => {
    // By the middle of each: what is there for longer than half of it.
    const cells = Array.from({ length: WIDTH }, (_, index) => glyphAt(span, start + (index + 0.5) * cell));
    return `  ${short(span.kid).padEnd(14)} ${cells.join('')}`.trimEnd();
  });
  const indent = ' '.repeat(16);
  const marker = `${indent} ${' '.repeat(Math.min(WIDTH - 1, Math.floor((now - start) / cell)))}▲ now`;
  const isShort = until - start < 2 * 86_400;
  const day = (instant: number) => new Date(instant * 1000).toISOString().slice(...(isShort ? [11, 19] : [0, 10]));
  const legend = `${indent} ${GLYPHS.pending} published  ${GLYPHS.active} signs  ${GLYPHS.grace} grace   ${day(start)} … ${day(until)}`;
  return [...rows, marker, legend].join('\n');
}

function glyphAt({ pending, active, grace, end }: Span, instant: number): string {
  if (pending === undefined || instant < pending || (end !== undefined && instant >= end)) return ' ';
  if (grace !== undefined && instant >= grace) return GLYPHS.grace;
  return active !== undefined && instant >= active ? GLYPHS.active : GLYPHS.pending;
}
