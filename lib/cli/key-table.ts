/** The keys of an issuer, a row each, in as much of their names as there is room for. Pure. */
import { isObserved, isRendered, type Keyring, type RenderedKey } from '../core/keyring.ts';
import type { Forecast } from '../core/outlook.ts';
import { hanging, roughly, short, table } from './shortened.ts';

/** For as long as somebody may ask what became of it. */
const BURNED_SHOWN = 30 * 86_400;
const HEADING = ['KEY', 'STATE', 'FOR', 'ALGORITHM', 'NEXT'];

/** Since when it is what it is. */
export const since = (key: RenderedKey): number | undefined =>
  key.state === 'active' ? key.activatedAt : key.state === 'grace' ? key.endedAt : key.observedAt;

/**
 * A whole kid can be copied, so that it is the last to go: in a narrower terminal what comes next stands below.
 * @param columns of the terminal; without one, a row is a line whose name is cut
 */
export function keyTable(keyring: Keyring, next: readonly Forecast[], now: number, columns?: number): string[] {
  const rows = rowsOf(keyring, next, now);
  if (columns === undefined) return table([HEADING, ...cut(rows)]);
  const wide = [table([HEADING, ...rows]), stacked(rows, columns)];
  return wide.find((lines) => lines.every((line) => line.length <= columns)) ?? stacked(cut(rows), columns);
}

/** Two imported keys may begin alike. */
function cut(rows: readonly string[][]): string[][] {
  const kids = rows.map(([kid = '']) => kid);
  const name = (kid: string) => (kids.filter((other) => short(other) === short(kid)).length > 1 ? kid : short(kid));
  return rows.map(([kid = '', ...cells]) => [name(kid), ...cells]);
}

function stacked(rows: readonly string[][], columns: number): string[] {
  const [heading = '', ...lines] = table(
    [HEADING, ...rows].map((cells) => cells.slice(0, -1)),
    1,
  );
  const below = (text = '') => (text === '' ? [] : hanging('      ', 6, text, columns));
  return [heading, ...lines.flatMap((line, index) => [line, ...below(rows[index]?.at(-1))])];
}

function rowsOf({ keys, imported = [] }: Keyring, next: readonly Forecast[], now: number): string[][] {
  const own = keys.flatMap((key): string[][] => {
    if (isRendered(key)) {
      const start = since(key);
      const age = start === undefined ? 'not seen' : roughly(now - start);
      const hint = due(key, next, now);
      return [[key.kid, key.state, age, key.algorithm, key.retained ? `${hint} (retained)` : hint]];
    }
    if (key.state !== 'compromised' || now - key.endedAt > BURNED_SHOWN) return [];
    return [[key.kid, 'burned', roughly(now - key.endedAt), '', key.reason]];
  });
  const foreign = imported.map(({ jwk, until }) => {
    return [jwk.kid, 'imported', '', jwk.alg, `leaves in ${roughly(until - now)}`];
  });
  return [...own, ...foreign];
}

function due(key: RenderedKey, next: readonly Forecast[], now: number): string {
  if (key.state === 'pending' && !isObserved(key)) return 'waits for the edge';
  const left = ({ at }: Forecast) => roughly(at - now);
  const successor = key.state === 'active' && next.find(({ step }) => step === 'activate');
  const own = next.find(({ kid }) => kid === key.kid);
  return [
    ...(successor ? [`signs for ${left(successor)} more`] : []),
    ...(own ? [`${own.step}s in ${left(own)}`] : []),
  ].join(', ');
}
