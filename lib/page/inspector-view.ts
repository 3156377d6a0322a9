/** The token inspector. What is pasted is kept in this page's memory, and only as long as it stands there. */
import { instantOf, type Said } from './decode.ts';
import { byId, element, show } from './element.ts';
import { type Inspection, inspect, type Surroundings } from './inspect.ts';
import { dateOf, distanceOf } from './when.ts';

const PAUSE_MS = 150;

/** @param surroundings undefined until the issuer is known */
export function startInspector(surroundings: (audience: string) => Surroundings | undefined): () => void {
  const token = byId<HTMLTextAreaElement>('token');
  const audience = byId<HTMLInputElement>('audience');
  let latest = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function run(): Promise<void> {
    const mine = ++latest;
    const around = surroundings(audience.value.trim());
    if (!around) return;
    const inspection = await inspect(token.value, around);
    // Somebody has typed on meanwhile.
    if (mine === latest) showInspection(inspection, around.now);
  }
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(run, PAUSE_MS);
  };
  token.addEventListener('input', soon);
  audience.addEventListener('input', soon);
  byId('clear').addEventListener('click', () => {
    token.value = '';
    soon();
    token.focus();
  });
  return soon;
}

function showInspection({ kind, title, why, more, code, header, claims }: Inspection, now: number): void {
  const verdict = byId('verdict');
  verdict.dataset.kind = kind;
  show(
    verdict,
    element('p', { class: 'title' }, title),
    element(
      'p',
      { class: 'why' },
      sentence(why),
      code !== undefined && ' ',
      code !== undefined && element('code', {}, code),
    ),
    ...more.map((each) => element('p', { class: 'more' }, each)),
  );
  show(byId('decoded'), ...[tableOf('Header', header, now), tableOf('Claims', claims, now)].flat());
}

/** The name of a claim stays as it is. */
const sentence = (text: string): string => {
  const first = /^(?:the|a|it) /.test(text) ? text.charAt(0).toUpperCase() : text.charAt(0);
  return `${first}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
};

function tableOf(title: string, said: Said = {}, now: number): HTMLElement[] {
  const entries = Object.entries(said);
  if (entries.length === 0) return [];
  const rows = entries.map(([name, value]) => {
    const instant = instantOf(name, value);
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      element(
        'td',
        {},
        element('code', {}, typeof value === 'string' ? value : JSON.stringify(value)),
        instant !== undefined && element('small', {}, `${dateOf(instant, now)}, ${distanceOf(instant, now)}`),
      ),
    );
  });
  return [element('table', {}, element('caption', {}, title), element('tbody', {}, ...rows))];
}
