/** The keys on a line of time. The bars are for the eye; each row says the same in a sentence. */
import { type Line, type Tick, ticksOf } from './axis.ts';
import { copyButton } from './copy.ts';
import { byId, element, show } from './element.ts';
import { type KeyView, leadOf, nameOf, STATES, sentenceOf, upcomingOf } from './keys.ts';
import { asOf } from './late.ts';
import { placeOf, type Scale } from './scale.ts';
import { dateOf, distanceOf } from './when.ts';

const LEGEND = [
  ['published', 'published, does not sign'],
  ['signs', 'signs'],
  ['grace', 'signs no more, tokens may live'],
  ['planned', 'planned'],
] as const;

export function showKeys(planned: readonly KeyView[], now: number): void {
  const keys = asOf(planned, now);
  byId('lead').textContent = leadOf(keys, now);
  byId('lead').dataset.signs = String(keys.some(({ state }) => state === 'active'));
  show(
    byId('legend'),
    ...LEGEND.map(([kind, words]) => element('li', {}, element('i', { class: `bar ${kind}` }), words)),
  );
  byId('timeline').hidden = keys.length === 0;
  const scale = scaleOf(keys, now);
  const axis = byId('axis');
  axis.hidden = scale === undefined;
  const ticks = scale ? ticksOf(scale, now, lineOf(axis)) : [];
  if (scale) show(axis, ...axisOf(scale, ticks, now));
  show(byId('rows'), ...keys.map((key) => rowOf(key, scale, ticks, now)));
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

function lineOf(axis: HTMLElement): Line {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return { width: 0, widthOf: () => 0 };
  context.font = getComputedStyle(axis).font;
  return { width: axis.clientWidth, widthOf: (label) => context.measureText(label).width };
}

function axisOf(scale: Scale, ticks: readonly Tick[], now: number): HTMLElement[] {
  const labels = ticks.flatMap(({ at, label }) =>
    label ? [within(placed(element('span', { class: 'tick' }, label.text), scale, at), `${label.width / 2}px`)] : [],
  );
  return [...labels, within(placed(element('span', { class: 'now' }, 'now'), scale, now), '1.5rem')];
}

/** At an end of the line a label stands beside its instant. */
function within(label: HTMLElement, half: string): HTMLElement {
  label.style.left = `clamp(${half}, ${label.style.left}, 100% - ${half})`;
  return label;
}

/** By the object model: an attribute `style` would be markup, which the page's policy forbids. */
function placed<Kind extends HTMLElement>(made: Kind, scale: Scale, from: number, until?: number): Kind {
  const left = placeOf(scale, from);
  made.style.left = `${left.toFixed(2)}%`;
  if (until !== undefined) made.style.width = `${Math.max(0, placeOf(scale, until) - left).toFixed(2)}%`;
  return made;
}

function rowOf(key: KeyView, scale: Scale | undefined, ticks: readonly Tick[], now: number): HTMLElement {
  const { kid, algorithm, state } = key;
  const name = nameOf(key);
  return element(
    'li',
    { 'data-state': state, 'data-key': kid ?? state },
    element(
      'div',
      { class: 'who' },
      element('span', { class: `pill ${state}` }, STATES[state]),
      nameBox(kid, element('small', {}, algorithm)),
      kid !== undefined && copyButton(`kid ${name}`, kid),
    ),
    scale && trackOf(key, scale, ticks, now),
    element('p', { class: 'said' }, sentenceOf(key, now)),
  );
}

/** It opens for the whole kid: by touch and by keys too. */
function nameBox(kid: string | undefined, algorithm: HTMLElement): HTMLElement {
  if (kid === undefined) return element('span', { class: 'name' }, nameOf({}), ' ', algorithm);
  const short = element('code', {}, nameOf({ kid }));
  return element('details', { class: 'name' }, element('summary', {}, short, ' ', algorithm), element('code', {}, kid));
}

function trackOf(
  { published, signs, ends, leaves }: KeyView,
  scale: Scale,
  ticks: readonly Tick[],
  now: number,
): HTMLElement {
  const end = leaves ?? scale.until;
  // Of an imported key nobody says since when; one without times is there now.
  const start = published ?? scale.from;
  const phases = [
    ['published', start, signs ?? end],
    ['signs', signs, ends ?? end],
    ['grace', ends, end],
  ] as const;
  const bars = phases.flatMap(([kind, from, until]) => {
    if (from === undefined) return [];
    const pieces = [
      [`bar ${kind}`, from, Math.min(until, now)],
      [`bar ${kind} planned${from < now ? ' begun' : ''}`, Math.max(from, now), until],
    ] as const;
    return pieces
      .filter(([, begin, stop]) => stop > begin)
      .map(([kinds, begin, stop]) => placed(element('i', { class: kinds }), scale, begin, stop));
  });
  return element(
    'div',
    { class: 'track', 'aria-hidden': 'true' },
    ...ticks.map(({ at }) => placed(element('i', { class: 'line' }), scale, at)),
    ...bars,
    placed(element('i', { class: 'today' }), scale, now),
  );
}
