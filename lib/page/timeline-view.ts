/** The keys on a line of time. The bars are for the eye; each row says the same in a sentence. */
import { copyButton } from './copy.ts';
import { byId, element, show } from './element.ts';
import { type KeyView, leadOf, nameOf, STATES, sentenceOf, upcomingOf } from './keys.ts';
import { asOf } from './late.ts';
import { placeOf, type Scale, ticksOf } from './scale.ts';
import { dateOf, distanceOf } from './when.ts';

/** How far its label reaches. */
const NOW_PER_CENT = 6;

const LEGEND = [
  ['published', 'published, does not sign'],
  ['signs', 'signs'],
  ['grace', 'signs no more, tokens may live'],
] as const;

export function showKeys(planned: readonly KeyView[], now: number): void {
  const keys = asOf(planned, now);
  byId('lead').textContent = leadOf(keys, now);
  byId('lead').dataset.signs = String(keys.some(({ state }) => state === 'active'));
  show(
    byId('legend'),
    ...LEGEND.map(([kind, words]) => element('li', {}, element('i', { class: `bar ${kind}` }), words)),
  );
  const scale = scaleOf(keys, now);
  byId('axis').hidden = scale === undefined;
  if (scale) show(byId('axis'), ...axisOf(scale, now));
  show(byId('rows'), ...keys.map((key) => rowOf(key, scale, now)));
  const upcoming = upcomingOf(keys);
  byId('next').hidden = upcoming.length === 0;
  show(
    byId('upcoming'),
    ...upcoming.map(({ at, due, what }) =>
      element(
        'li',
        {},
        element('strong', {}, due === undefined ? distanceOf(at, now) : 'when it is safe'),
        element(
          'span',
          { class: 'at' },
          due === undefined ? dateOf(at, now) : `it was planned for ${dateOf(due, now)}`,
        ),
        element('span', { class: 'what' }, what),
      ),
    ),
  );
}

/** From the first that was to the last that is planned; undefined where no time is known. */
function scaleOf(keys: readonly KeyView[], now: number): Scale | undefined {
  const instants = keys.flatMap(({ published, signs, ends, leaves }) => [published, signs, ends, leaves]);
  const known = instants.filter((instant) => instant !== undefined);
  if (known.length === 0) return undefined;
  const [from, until] = [Math.min(...known, now), Math.max(...known, now + 1)];
  // Room for the first moment, and for what has no end yet.
  const margin = (until - from) / 40;
  return { from: from - margin, until: until + margin };
}

function axisOf(scale: Scale, now: number): HTMLElement[] {
  // Those beneath the word `now` would not be legible; on a narrow screen it takes more room.
  const isWithin = (at: number, reach: number) => Math.abs(placeOf(scale, at) - placeOf(scale, now)) <= reach;
  const ticks = ticksOf(scale)
    .filter(({ at }) => !isWithin(at, NOW_PER_CENT))
    .map(({ at, label }) =>
      placed(element('span', { class: isWithin(at, 4 * NOW_PER_CENT) ? 'tick near' : 'tick' }, label), scale, at),
    );
  const today = placed(element('span', { class: 'now' }, 'now'), scale, now);
  today.style.left = `clamp(1.5rem, ${today.style.left}, 100% - 1.5rem)`;
  return [...ticks, today];
}

/** By the object model: an attribute `style` would be markup, which the page's policy forbids. */
function placed<Kind extends HTMLElement>(made: Kind, scale: Scale, from: number, until?: number): Kind {
  const left = placeOf(scale, from);
  made.style.left = `${left.toFixed(2)}%`;
  if (until !== undefined) made.style.width = `${Math.max(0, placeOf(scale, until) - left).toFixed(2)}%`;
  return made;
}

function rowOf(key: KeyView, scale: Scale | undefined, now: number): HTMLElement {
  const { kid, algorithm, state } = key;
  const name = nameOf(key);
  return element(
    'li',
    { 'data-state': state, 'data-key': kid ?? state },
    element(
      'div',
      { class: 'who' },
      element('span', { class: `pill ${state}` }, STATES[state]),
      element(
        'span',
        { class: 'name' },
        kid ? element('code', { title: kid }, name) : name,
        ' ',
        element('small', {}, algorithm),
      ),
      kid !== undefined && copyButton(`kid ${name}`, kid),
    ),
    scale && trackOf(key, scale, now),
    element('p', { class: 'said' }, sentenceOf(key, now)),
  );
}

function trackOf({ published, signs, ends, leaves }: KeyView, scale: Scale, now: number): HTMLElement {
  const end = leaves ?? scale.until;
  // Of an imported key nobody says since when; one without times is there now.
  const start = published ?? scale.from;
  const phases = [
    ['published', start, signs ?? end],
    ['signs', signs, ends ?? end],
    ['grace', ends, end],
  ] as const;
  const bars = phases.flatMap(([kind, from, until]) =>
    from === undefined || until <= from ? [] : [placed(element('i', { class: `bar ${kind}` }), scale, from, until)],
  );
  return element(
    'div',
    { class: 'track', 'aria-hidden': 'true' },
    ...ticksOf(scale).map(({ at }) => placed(element('i', { class: 'line' }), scale, at)),
    ...bars,
    placed(element('i', { class: 'future' }), scale, now, scale.until),
    placed(element('i', { class: 'today' }), scale, now),
  );
}
