import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOpen, parseActivationWindow } from '../../lib/core/activation-window.ts';
import { refused } from './refused.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const at = (instant: string) => Date.parse(instant) / 1000;
const openAt = (window: string, instant: string) => isOpen(parseActivationWindow(window), at(instant));

describe('parseActivationWindow', () => {
  test('reads days, minutes of the day and a time zone', () => {
    expect(parseActivationWindow('Tue-Thu 09:00-15:30 Europe/Zurich')).toEqual({
      text: 'Tue-Thu 09:00-15:30 Europe/Zurich',
      days: ['Tue', 'Wed', 'Thu'],
      from: 540,
      to: 930,
      timeZone: 'Europe/Zurich',
    });
  });

  test.each([
    ['Mon 00:00-24:00 UTC', ['Mon'], 0, 1440],
    ['Sun-Sun 23:59-24:00 UTC', ['Sun'], 1439, 1440],
    ['Mon-Sun 00:00-00:01 UTC', DAYS, 0, 1],
  ])('%s', (text, days, from, to) => {
    expect(parseActivationWindow(text)).toMatchObject({ days, from, to });
  });

  const form = 'form not recognised';
  const days = 'days must be of Mon to Sun, in this order';
  const times = 'the times must be in order, within one day';
  test.each([
    ['', form],
    ['Tue-Thu', form],
    ['Tue-Thu 09:00-15:00', form],
    ['Tue-Thu 9:00-15:00 UTC', form],
    ['tue-thu 09:00-15:00 UTC', form],
    ['Tue,Thu 09:00-15:00 UTC', form],
    ['Tue 09:00-15:00 UTC ', form],
    ['Tue 09:00-15:00 UTC\n', form],
    [42, form],
    [null, form],
    [['Tue 09:00-15:00 UTC'], form],
    ['Thu-Tue 09:00-15:00 UTC', days],
    ['Die 09:00-15:00 UTC', days],
    ['Mon-Tag 09:00-15:00 UTC', days],
    ['Tue 15:00-09:00 UTC', times],
    ['Tue 09:00-09:00 UTC', times],
    ['Tue 09:60-15:00 UTC', times],
    ['Tue 09:00-15:60 UTC', times],
    ['Tue 09:00-24:01 UTC', times],
    ['Tue 24:00-25:00 UTC', times],
    ['Tue 09:00-15:00 Europe/Winterthur', 'time zone not known'],
  ])('%j is refused', (text, problem) => {
    expect(refused(() => parseActivationWindow(text))).toMatchObject({
      code: 'policy_invalid',
      message: `activationWindow must read like "Tue-Thu 09:00-15:00 Europe/Zurich"; ${problem} in ${JSON.stringify(text)}`,
    });
  });
});

describe('isOpen', () => {
  test.each([
    ['2026-11-17T08:59:59Z', false],
    ['2026-11-17T09:00:00Z', true],
    ['2026-11-17T14:59:59Z', true],
    ['2026-11-17T15:00:00Z', false],
    // The days before and after the last and the first.
    ['2026-11-16T12:00:00Z', false],
    ['2026-11-18T12:00:00Z', true],
    ['2026-11-19T12:00:00Z', true],
    ['2026-11-20T12:00:00Z', false],
    ['2026-11-22T12:00:00Z', false],
  ])('Tue-Thu 09:00-15:00 UTC: %s', (instant, open) => {
    expect(openAt('Tue-Thu 09:00-15:00 UTC', instant)).toBe(open);
  });

  test('a whole day, to the last second', () => {
    expect(openAt('Mon 00:00-24:00 UTC', '2026-11-15T23:59:59Z')).toBe(false);
    expect(openAt('Mon 00:00-24:00 UTC', '2026-11-16T00:00:00Z')).toBe(true);
    expect(openAt('Mon 00:00-24:00 UTC', '2026-11-16T23:59:59.999Z')).toBe(true);
    expect(openAt('Mon 00:00-24:00 UTC', '2026-11-17T00:00:00Z')).toBe(false);
  });

  test.each([
    // The weekday is that of the time zone: Monday morning in Auckland is Sunday in UTC, in Honolulu it is still Sunday.
    ['Mon 09:00-10:00 Pacific/Auckland', '2026-11-15T20:30:00Z', true],
    ['Mon 09:00-10:00 Pacific/Auckland', '2026-11-16T09:30:00Z', false],
    ['Sun 22:00-23:00 Pacific/Honolulu', '2026-11-16T08:30:00Z', true],
    ['Mon 09:00-10:00 Asia/Kolkata', '2026-11-16T03:29:59Z', false],
    ['Mon 09:00-10:00 Asia/Kolkata', '2026-11-16T03:30:00Z', true],
    ['Mon 09:00-10:00 Asia/Kolkata', '2026-11-16T04:30:00Z', false],
  ])('%s at %s', (window, instant, open) => {
    expect(openAt(window, instant)).toBe(open);
  });

  test.each([
    // Winter time is one hour ahead of UTC, summer time two.
    ['Mon-Fri 09:00-15:00 Europe/Zurich', '2026-03-27T07:59:59Z', false],
    ['Mon-Fri 09:00-15:00 Europe/Zurich', '2026-03-27T08:00:00Z', true],
    ['Mon-Fri 09:00-15:00 Europe/Zurich', '2026-03-30T06:59:59Z', false],
    ['Mon-Fri 09:00-15:00 Europe/Zurich', '2026-03-30T07:00:00Z', true],
    ['Mon-Fri 09:00-15:00 Europe/Zurich', '2026-03-30T13:00:00Z', false],
    ['Mon-Fri 09:00-15:00 Europe/Zurich', '2026-10-23T13:00:00Z', false],
    ['Mon-Fri 09:00-15:00 Europe/Zurich', '2026-10-26T13:59:59Z', true],
    ['Mon-Fri 09:00-15:00 Europe/Zurich', '2026-10-26T14:00:00Z', false],
    // 29 March 2026: from 01:59:59 to 03:00:00.
    ['Sun 01:00-02:00 Europe/Zurich', '2026-03-29T00:59:59Z', true],
    ['Sun 01:00-02:00 Europe/Zurich', '2026-03-29T01:00:00Z', false],
    ['Sun 02:00-03:00 Europe/Zurich', '2026-03-29T00:59:59Z', false],
    ['Sun 02:00-03:00 Europe/Zurich', '2026-03-29T01:00:00Z', false],
    ['Sun 02:30-03:30 Europe/Zurich', '2026-03-29T01:29:59Z', true],
    ['Sun 02:30-03:30 Europe/Zurich', '2026-03-29T01:30:00Z', false],
    // 25 October 2026: from 02:59:59 to 02:00:00, so that the hour comes twice.
    ['Sun 02:00-03:00 Europe/Zurich', '2026-10-24T23:59:59Z', false],
    ['Sun 02:00-03:00 Europe/Zurich', '2026-10-25T00:00:00Z', true],
    ['Sun 02:00-03:00 Europe/Zurich', '2026-10-25T00:59:59Z', true],
    ['Sun 02:00-03:00 Europe/Zurich', '2026-10-25T01:00:00Z', true],
    ['Sun 02:00-03:00 Europe/Zurich', '2026-10-25T01:59:59Z', true],
    ['Sun 02:00-03:00 Europe/Zurich', '2026-10-25T02:00:00Z', false],
  ])('%s at %s', (window, instant, open) => {
    expect(openAt(window, instant)).toBe(open);
  });

  test('in UTC it is plain arithmetic, whatever the window and the instant', () => {
    const clock = (minute: number) =>
      [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
    const window = fc
      .record({
        days: fc.tuple(fc.nat(6), fc.nat(6)).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]),
        times: fc
          .uniqueArray(fc.nat(1440), { minLength: 2, maxLength: 2 })
          .map((pair) => pair.toSorted((a, b) => a - b)),
      })
      .map(({ days, times: [from = 0, to = 0] }) => ({ days, from, to }));
    fc.assert(
      fc.property(
        window,
        fc.double({ min: 0, max: 4e9, noNaN: true }),
        ({ days: [first, last], from, to }, instant) => {
          const parsed = parseActivationWindow(`${DAYS[first]}-${DAYS[last]} ${clock(from)}-${clock(to)} UTC`);
          // 1 January 1970 was a Thursday.
          const day = (Math.floor(instant / 86_400) + 3) % 7;
          const minute = Math.floor((instant % 86_400) / 60);
          expect(isOpen(parsed, instant)).toBe(first <= day && day <= last && from <= minute && minute < to);
        },
      ),
      { numRuns: 300 },
    );
  });
});
