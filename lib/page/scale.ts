/** From instants to places on a line, and what stands along it. Pure. */

export interface Scale {
  readonly from: number;
  readonly until: number;
}
/** Instants at even distances. */
export interface Grid {
  readonly instants: readonly number[];
  /** @param former the one that is named before it */
  readonly nameOf: (at: number, former: number | undefined) => string;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const STEPS = [1, 2, 5, 10, 15, 30]
  .flatMap((count) => [count, count * MINUTE])
  .concat([1, 2, 3, 6, 12].map((count) => count * HOUR))
  .concat([1, 2, 3, 5, 7, 14].map((count) => count * DAY))
  .sort((a, b) => a - b);
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60];
const MONTH = 30.44 * DAY;
const MOST = 7;

/** In per cent, from 0 to 100. */
export const placeOf = ({ from, until }: Scale, instant: number): number =>
  Math.min(100, Math.max(0, ((instant - from) / (until - from)) * 100));

/** From fine to coarse. */
export function gridsOf(scale: Scale): Grid[] {
  const length = scale.until - scale.from;
  const steps = STEPS.filter((step) => length / step <= MOST);
  const months = MONTH_STEPS.filter((step) => length / (step * MONTH) <= MOST);
  return [
    ...steps.map((step) => even(scale, step)),
    ...(months.length > 0 ? months : [120]).map((step) => monthly(scale, step)),
  ];
}

function even({ from, until }: Scale, step: number): Grid {
  const first = Math.ceil(from / step) * step;
  const instants = Array.from({ length: Math.floor((until - first) / step) + 1 }, (_, index) => first + index * step);
  return { instants, nameOf: step >= DAY ? nameOfDay : (at, former) => nameOfTime(at, former, step) };
}

function monthly({ from, until }: Scale, step: number): Grid {
  const begin = new Date(from * 1000);
  const first = Math.ceil((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / step) * step;
  const instants: number[] = [];
  for (let month = first; ; month += step) {
    const at = Date.UTC(Math.floor(month / 12), month % 12) / 1000;
    if (at > until) return { instants, nameOf: nameOfMonth };
    if (at >= from) instants.push(at);
  }
}

const shown = (at: number, options: Intl.DateTimeFormatOptions): string =>
  new Date(at * 1000).toLocaleDateString('en-GB', { ...options, timeZone: 'UTC' });
const dayOf = (at: number): string => shown(at, { day: 'numeric', month: 'short' });
/** The year where it begins, and with the first. */
const withYear = (at: number, former: number | undefined): { readonly year?: 'numeric' } =>
  former === undefined || new Date(former * 1000).getUTCFullYear() < new Date(at * 1000).getUTCFullYear()
    ? { year: 'numeric' }
    : {};
const nameOfMonth = (at: number, former?: number): string => shown(at, { month: 'short', ...withYear(at, former) });
const nameOfDay = (at: number, former?: number): string =>
  shown(at, { day: 'numeric', month: 'short', ...withYear(at, former) });

/** The day likewise; of minutes and seconds everybody knows it. */
function nameOfTime(at: number, former: number | undefined, step: number): string {
  const time = new Date(at * 1000).toISOString().slice(11, step < MINUTE ? 19 : 16);
  if (at % DAY === 0) return dayOf(at);
  const isKnown = former === undefined ? step < HOUR : dayOf(former) === dayOf(at);
  return isKnown ? time : `${dayOf(at)}, ${time}`;
}
