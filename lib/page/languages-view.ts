/** One tab a language (ARIA Authoring Practices, "Tabs with automatic activation"): arrows choose, Tab goes into the code. */
import { copyButton } from './copy.ts';
import { byId, element, show } from './element.ts';
import { type Settings, type Snippet, snippetsFor } from './snippets.ts';

const STEPS: Readonly<Record<string, (index: number, count: number) => number>> = {
  ArrowRight: (index, count) => (index + 1) % count,
  ArrowLeft: (index, count) => (index + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

let chosen = 0;
let shown = '';

export function showLanguages(settings: Settings): void {
  // Drawn anew only for another issuer or algorithm: nobody loses a selection.
  if (shown === JSON.stringify(settings)) return;
  shown = JSON.stringify(settings);
  const snippets = snippetsFor(settings);
  const tabs = snippets.map(({ language }, index) =>
    element(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${index}`,
        'aria-controls': `panel-${index}`,
        click: () => choose(index),
      },
      language,
    ),
  );
  const panels = snippets.map(panelOf);
  function choose(index: number): void {
    chosen = index;
    for (const [other, tab] of tabs.entries()) {
      tab.setAttribute('aria-selected', String(other === index));
      tab.tabIndex = other === index ? 0 : -1;
      (panels[other] as HTMLElement).hidden = other !== index;
    }
  }
  byId('tabs').onkeydown = (event) => {
    const next = STEPS[event.key]?.(chosen, tabs.length);
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
    tabs[next]?.focus();
  };
  show(byId('tabs'), ...tabs);
  show(byId('panels'), ...panels);
  choose(chosen);
}

const panelOf = ({ language, library, keys, code }: Snippet, index: number): HTMLElement =>
  element(
    'div',
    { role: 'tabpanel', id: `panel-${index}`, 'aria-labelledby': `tab-${index}` },
    element(
      'p',
      { class: 'verifies-with' },
      element('span', {}, 'with ', element('strong', {}, library), `, which ${keys}`),
      copyButton(`${language} code`, code),
    ),
    // What scrolls must be reached by keys too.
    element(
      'pre',
      { tabindex: '0', role: 'region', 'aria-label': `${language} code` },
      element('code', {}, ...coloured(code)),
    ),
  );

const PARTS = /(\/\/.*|#.*)|("[^"]*"|'[^']*')|\b(import|use|from|const|await|var|new|let|return)\b/g;

function coloured(code: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let end = 0;
  for (const { 0: text, 1: comment, 2: string, index } of code.matchAll(PARTS)) {
    parts.push(code.slice(end, index));
    parts.push(element('span', { class: comment ? 'comment' : string ? 'string' : 'keyword' }, text));
    end = index + text.length;
  }
  return [...parts, code.slice(end)];
}
