/** From instants to places on a line, and what stands along it. Pure. */

export interface Scale {
  readonly from: number;
  readonly until: number;
}
export interface Tick {
  readonly at: number;
  readonly label: string;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const STEPS = [1, 2, 5, 10, 15, 30]
  .flatMap((count) => [count, count * MINUTE])
  .concat([1, 2, 3, 6, 12].map((count) => count * HOUR))
  .concat([1, 2, 7, 14].map((count) => count * DAY))
  .sort((a, b) => a - b);
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60];
const MONTH = 30.44 * DAY;
const MOST = 7;

/** In per cent, from 0 to 100. */
export const placeOf = ({ from, until }: Scale, instant: number): number =>
  Math.min(100, Math.max(0, ((instant - from) / (until - from)) * 100));

export function ticksOf(scale: Scale): Tick[] {
  const length = scale.until - scale.from;
  const step = STEPS.find((candidate) => length / candidate <= MOST);
  return step === undefined ? months(scale) : even(scale, step);
}

function even({ from, until }: Scale, step: number): Tick[] {
  const first = Math.ceil(from / step) * step;
  const instants = Array.from({ length: Math.floor((until - first) / step) + 1 }, (_, index) => first + index * step);
  return instants.map((at) => ({ at, label: step >= DAY ? dayOf(at) : clockOf(at, step < MINUTE) }));
}

function months({ from, until }: Scale): Tick[] {
  const step = MONTH_STEPS.find((candidate) => (until - from) / (candidate * MONTH) <= MOST) ?? 120;
  const begin = new Date(from * 1000);
  const first = Math.ceil((begin.getUTCFullYear() * 12 + begin.getUTCMonth() + 1) / step) * step;
  const ticks: Tick[] = [];
  for (let month = first; ; month += step) {
    const at = Date.UTC(Math.floor(month / 12), month % 12) / 1000;
    if (at > until) return ticks;
    // The year where it begins.
    if (at >= from)
      ticks.push({ at, label: ticks.length > 0 && month % 12 > 0 && step < 12 ? monthOf(at) : yearOf(at) });
  }
}

const shown = (at: number, options: Intl.DateTimeFormatOptions): string =>
  new Date(at * 1000).toLocaleDateString('en-GB', { ...options, timeZone: 'UTC' });
const dayOf = (at: number): string => shown(at, { day: 'numeric', month: 'short' });
const monthOf = (at: number): string => shown(at, { month: 'short' });
const yearOf = (at: number): string => shown(at, { month: 'short', year: 'numeric' });
const clockOf = (at: number, withSeconds: boolean): string =>
  new Date(at * 1000).toISOString().slice(11, withSeconds ? 19 : 16);
