/** A weekly window in which scheduled activations may happen, so that people are at work: `Tue-Thu 09:00-15:00 Europe/Zurich`. */
import { KeyturnError } from './errors.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const FORM = /^([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))? (\d{2}):(\d{2})-(\d{2}):(\d{2}) (\S+)$/;

export interface ActivationWindow {
  readonly text: string;
  readonly days: readonly string[];
  /** Minutes of the day; `from` is inside, `to` is not. */
  readonly from: number;
  readonly to: number;
  readonly timeZone: string;
}

/** @throws KeyturnError `policy_invalid` */
export function parseActivationWindow(text: unknown): ActivationWindow {
  const refuse = (problem: string): never => {
    throw new KeyturnError(
      'policy_invalid',
      `activationWindow must read like "Tue-Thu 09:00-15:00 Europe/Zurich"; ${problem} in ${JSON.stringify(text)}`,
    );
  };
  const match = typeof text === 'string' ? FORM.exec(text) : null;
  if (typeof text !== 'string' || !match) return refuse('form not recognised');
  const [first = '', last = first, timeZone = ''] = [match[1], match[2], match[7]];
  const [start, end] = [DAYS.indexOf(first), DAYS.indexOf(last)];
  if (start < 0 || end < start) refuse('days must be of Mon to Sun, in this order');
  const [fromHour, fromMinute, toHour, toMinute] = match.slice(3, 7).map(Number) as [number, number, number, number];
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  if (fromMinute > 59 || toMinute > 59 || to > 24 * 60 || from >= to)
    refuse('the times must be in order, within one day');
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    refuse('time zone not known');
  }
  return { text, days: DAYS.slice(start, end + 1), from, to, timeZone };
}

export function isOpen(window: ActivationWindow, instant: number): boolean {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: window.timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(instant * 1000);
  const part = (type: string) => parts.find((candidate) => candidate.type === type)?.value ?? '';
  const minutes = Number(part('hour')) * 60 + Number(part('minute'));
  return window.days.includes(part('weekday')) && minutes >= window.from && minutes < window.to;
}
