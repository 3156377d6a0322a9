/** The keys on a line of time, for a terminal: what each was, is, and will be. Pure. */
import type { Span } from '../core/spans.ts';
import { short } from './shortened.ts';

const WIDEST = 60;
const NARROWEST = 20;
const INDENT = 17;
export const GLYPHS = { pending: '░', active: '█', grace: '▒' };

export function drawTimeline(spans: readonly Span[], now: number, until: number, columns = 80): string {
  const width = Math.max(NARROWEST, Math.min(WIDEST, columns - INDENT));
  const start = Math.min(now, ...spans.map(({ pending = now }) => pending));
  const cell = (until - start) / width;
  const rows = spans.map((span) => {
    // By the middle of each: what is there for longer than half of it.
    const cells = Array.from({ length: width }, (_, index) => glyphAt(span, start + (index + 0.5) * cell));
    return `  ${short(span.kid).padEnd(INDENT - 3)} ${cells.join('')}`.trimEnd();
  });
  const indent = ' '.repeat(INDENT);
  const marker = `${indent}${' '.repeat(Math.min(width - 1, Math.floor((now - start) / cell)))}▲ now`;
  const isShort = until - start < 2 * 86_400;
  const day = (instant: number) => new Date(instant * 1000).toISOString().slice(...(isShort ? [11, 19] : [0, 10]));
  const glyphs = `${GLYPHS.pending} published  ${GLYPHS.active} signs  ${GLYPHS.grace} grace`;
  const dates = `${day(start)} … ${day(until)}`;
  const legend = `${indent}${glyphs}   ${dates}`;
  return [...rows, marker, ...(legend.length <= columns ? [legend] : [`  ${glyphs}`, `  ${dates}`])].join('\n');
}

function glyphAt({ pending, active, grace, end }: Span, instant: number): string {
  if (pending === undefined || instant < pending || (end !== undefined && instant >= end)) return ' ';
  if (grace !== undefined && instant >= grace) return GLYPHS.grace;
  return active !== undefined && instant >= active ? GLYPHS.active : GLYPHS.pending;
}
