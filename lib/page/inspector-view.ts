/** The token inspector. What is pasted is kept in this page's memory, and only as long as it stands there. */
import { instantOf, type Said } from './decode.ts';
import { isOutdated } from './doubt.ts';
import { byId, element, show } from './element.ts';
import { type Inspection, inspect, read, type Surroundings } from './inspect.ts';
import { legible } from './legible.ts';
import { dateOf, distanceOf } from './when.ts';

const PAUSE_MS = 150;

const FAILED: Inspection = {
  kind: 'unavailable',
  title: 'Cannot be told',
  why: 'this page has failed at it',
  more: ['That says nothing about the token. Another verifier can tell: see below.'],
};

/**
 * @param surroundings undefined until the issuer is known
 * @returns to be called again and again: a verdict does not outlive what it rests on
 */
export function startInspector(
  surroundings: (audience: string) => Surroundings | undefined,
  clock: () => number,
): (areKeysOther: boolean) => void {
  const token = byId<HTMLTextAreaElement>('token');
  const audience = byId<HTMLInputElement>('audience');
  let [latest, isAsking, shownAt] = [0, false, clock()];
  let shown = read('');
  let timer: ReturnType<typeof setTimeout> | undefined;

  function present(inspection: Inspection): void {
    [shown, shownAt] = [inspection, clock()];
    showDecoded(inspection, shownAt);
    showVerdict(inspection);
  }
  async function run(): Promise<void> {
    const mine = ++latest;
    isAsking = true;
    const inspection = await inspected().catch(() => FAILED);
    // Somebody has typed on meanwhile.
    if (mine !== latest) return;
    isAsking = false;
    try {
      present(inspection);
    } catch {
      present(FAILED);
    }
  }
  const inspected = async () => inspect(token.value, surroundings(audience.value.trim()));
  const soon = (): void => {
    latest++;
    isAsking = true;
    // The former verdict is of another token.
    present(read(token.value));
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
  return (areKeysOther) => {
    const { claims = {}, code } = shown;
    const mayBeOther = isOutdated(claims, shownAt, clock()) || code === 'keys_unavailable';
    if (areKeysOther || (mayBeOther && !isAsking)) void run();
    else showDecoded(shown, clock());
  };
}

function showVerdict({ kind, title, why, more, code }: Inspection): void {
  const verdict = byId('verdict');
  verdict.dataset.kind = kind;
  show(
    verdict,
    element('p', { class: 'title' }, title),
    element(
      'p',
      { class: 'why' },
      ...legible(sentence(why)),
      code !== undefined && ' ',
      code !== undefined && element('code', {}, code),
    ),
    ...more.map((each) => element('p', { class: 'more' }, each)),
  );
}

const showDecoded = ({ header, claims }: Inspection, now: number): void =>
  show(byId('decoded'), ...[tableOf('Header', header, now), tableOf('Claims', claims, now)].flat());

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
      element('th', { scope: 'row' }, ...legible(name)),
      element(
        'td',
        {},
        element('code', {}, ...legible(typeof value === 'string' ? value : JSON.stringify(value))),
        instant !== undefined && element('small', {}, `${dateOf(instant, now)}, ${distanceOf(instant, now)}`),
      ),
    );
  });
  return [element('table', {}, element('caption', {}, title), element('tbody', {}, ...rows))];
}
