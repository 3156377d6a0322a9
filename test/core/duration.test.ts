import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, formatInstant, parseDuration, readDuration } from '../../lib/core/duration.ts';
import { refused } from './refused.ts';

describe('parseDuration', () => {
  test.each([
    ['0s', 0],
    ['1s', 1],
    ['90s', 90],
    ['15m', 900],
    ['24h', 86_400],
    ['90d', 7_776_000],
    ['1h30m', 5_400],
    ['1d2h3m4s', 93_784],
    ['007m', 420],
    ['9007199254740991s', Number.MAX_SAFE_INTEGER],
  ])('%s', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each([
    ...['', ' ', '15', 'm', '15M', '15 m', ' 15m', '15m ', '15m\n', '-15m', '+15m', '1.5h', '1e3s', '0x10s', '15min'],
    ...['15m,30s', '1w', '1y', '٣d', 'P1D', 'forever', 'Infinity', '9007199254740992s', '99999999999999999999d'],
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('readDuration', () => {
  test.each([
    ['15 minutes', 'grace must be a duration such as 90d, 24h, 15m or 30s, got "15 minutes"'],
    [900, 'grace must be a duration such as 90d, 24h, 15m or 30s, got 900'],
    [null, 'grace must be a duration such as 90d, 24h, 15m or 30s, got null'],
    [undefined, 'grace must be a duration such as 90d, 24h, 15m or 30s, got undefined'],
    [['15m'], 'grace must be a duration such as 90d, 24h, 15m or 30s, got ["15m"]'],
  ])('%j is refused by the name of the setting', (value, message) => {
    expect(refused(() => readDuration('grace', value))).toMatchObject({ code: 'policy_invalid', message });
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [59, '59s'],
    [60, '1m'],
    [3_600, '1h'],
    [11_760, '3h16m'],
    [86_399, '23h59m59s'],
    [86_400, '1d'],
    [7_776_000, '90d'],
    [90_061, '1d1h1m1s'],
    [-90, '-1m30s'],
    [Number.POSITIVE_INFINITY, 'for ever'],
  ])('%d', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  test('what is left of a second is a second: nobody is told that a wait is over before it is', () => {
    expect(formatDuration(0.2)).toBe('1s');
    expect(formatDuration(59.001)).toBe('1m');
  });

  test('is read back as it was, whatever the number of seconds', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (seconds) => {
        expect(parseDuration(formatDuration(seconds))).toBe(seconds);
      }),
    );
  });
});

test('formatInstant: RFC 3339 in UTC, cut to the second', () => {
  expect(formatInstant(0)).toBe('1970-01-01T00:00:00Z');
  expect(formatInstant(1_764_000_000)).toBe('2025-11-24T16:00:00Z');
  expect(formatInstant(1_764_000_000.999)).toBe('2025-11-24T16:00:00Z');
});

test.each([8.7e12, 1e300, Number.POSITIVE_INFINITY, Number.NaN])(
  'formatInstant: %d is beyond every calendar',
  (instant) => {
    expect(formatInstant(instant)).toBe(`${instant} s after 1970`);
  },
);
