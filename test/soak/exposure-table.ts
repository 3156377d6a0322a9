/** A burn for people: what its answer announced to each verifier, beside what was seen. Seconds since it was asked for. */
import type { Aftermath } from './aftermath.ts';

const HEAD = ['verifier', 'accepts burned until', 'last accepted', 'rejects fresh until', 'last rejected'];
const WIDTHS = [16, 24, 15, 21, 24];

export function exposureTable(aftermath: Aftermath): string {
  const { burned, askedAt, answeredAt, longestPause, isFlushed, report, exposed } = aftermath;
  const since = (at: number | undefined) =>
    Number.isFinite(at) ? `${((Number(at) - askedAt) / 1000).toFixed(1)} s` : '-';
  const short = (kid = 'none') => kid.slice(0, 8);
  const rows = exposed.map((row) => [
    row.verifier,
    row.byFreshKid ? `a fresh kid (${since(row.acceptsUntil)})` : since(row.acceptsUntil),
    since(row.lastAccepted),
    row.rejectsUntil > 0 ? since(row.rejectsUntil) : '-',
    row.lastRejected === undefined ? '-' : `${since(row.lastRejected)} (${row.rejectedAsAnnounced} as announced)`,
  ]);
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0))
      .join('')
      .trimEnd();
  return `
burned        ${short(burned)}, ${isFlushed ? 'flushed' : 'not flushed'}: ${short(report?.signing)} signs; answered after ${since(answeredAt)}
pause         ${(longestPause / 1000).toFixed(1)} s, the longest without a token since then

${[HEAD, ...rows].map(line).join('\n')}`;
}
