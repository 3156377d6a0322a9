import { expect, test } from 'vitest';
import { type Line, ticksOf } from '../../lib/page/axis.ts';
import { placeOf } from '../../lib/page/scale.ts';

const DAY = 86_400;
const NOW = Date.UTC(2026, 10, 22, 12) / 1000;
const lineOf = (width: number): Line => ({ width, widthOf: (label) => 7 * label.length });
/** Nothing is covered. */
const AWAY = Number.NaN;
const labelsOf = (ticks: ReturnType<typeof ticksOf>) => ticks.flatMap(({ label }) => label?.text ?? []);

test.each([
  [30, ['12:00:00', '12:00:05', '12:00:10', '12:00:15', '12:00:20', '12:00:25', '12:00:30']],
  [3 * 3600, ['12:00', '12:30', '13:00', '13:30', '14:00', '14:30', '15:00']],
  [18 * 3600, ['22 Nov, 12:00', '15:00', '18:00', '21:00', '23 Nov', '03:00', '06:00']],
  [5 * DAY, ['23 Nov 2026', '24 Nov', '25 Nov', '26 Nov', '27 Nov']],
  [25 * DAY, ['23 Nov 2026', '28 Nov', '3 Dec', '8 Dec', '13 Dec']],
  [200 * DAY, ['Dec 2026', 'Jan 2027', 'Feb', 'Mar', 'Apr', 'May', 'Jun']],
  [1000 * DAY, ['Jan 2027', 'Jul', 'Jan 2028', 'Jul', 'Jan 2029', 'Jul']],
  [9000 * DAY, ['Jan 2030', 'Jan 2035', 'Jan 2040', 'Jan 2045', 'Jan 2050']],
])('an axis of %d s', (length, labels) => {
  const scale = { from: NOW, until: NOW + length };
  const ticks = ticksOf(scale, AWAY, lineOf(1400));
  expect(labelsOf(ticks)).toEqual(labels);
  for (const { at } of ticks) expect(placeOf(scale, at)).toBe(((at - NOW) / length) * 100);
});

test('the first that is left beside the present brings the year', () => {
  const scale = { from: NOW, until: NOW + 200 * DAY };
  const ticks = ticksOf(scale, NOW + 12 * DAY, lineOf(700));
  expect(ticks.slice(0, 2).map(({ label }) => label?.text)).toEqual([undefined, 'Jan 2027']);
});

/** The line is 256 px long on a screen of 320. Each length of a life, and each moment of it. */
test('as narrow as a phone, there are two labels at least, none on another and none outside', () => {
  for (let width = 256; width <= 1000; width += 62) {
    const { widthOf } = lineOf(width);
    for (let length = 3600; length < 3000 * DAY; length = Math.ceil(length * 1.37)) {
      for (const part of [0, 0.25, 0.5, 0.75, 1]) {
        const [from, until] = [NOW - part * length, NOW + (1 - part) * length];
        const labels = ticksOf({ from, until }, NOW, lineOf(width)).filter(({ label }) => label);
        const what = `${width} px, ${length} s, ${part}`;
        expect(labels.length, what).toBeGreaterThanOrEqual(2);
        if (width >= 400)
          expect(labels[0]?.label?.text, what).toMatch(length > 8 * 3600 ? / \d{4}$|, \d\d:\d\d|^\d+ \w+$/ : /:/);
        let end = Number.NEGATIVE_INFINITY;
        for (const { at, label } of labels) {
          const half = widthOf(label?.text ?? '') / 2;
          const place = Math.max(half, Math.min(width - half, (placeOf({ from, until }, at) / 100) * width));
          expect(place - half, what).toBeGreaterThan(end);
          end = place + half;
        }
        expect(end, what).toBeLessThanOrEqual(width);
      }
    }
  }
});

test('what lies outside of the axis stands at its end', () => {
  const scale = { from: NOW, until: NOW + 10 };
  expect([placeOf(scale, NOW - 5), placeOf(scale, NOW + 5), placeOf(scale, NOW + 50)]).toEqual([0, 50, 100]);
});
