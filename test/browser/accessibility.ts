/** What Chromium would tell a screen reader, held against what one needs. */
import type { Page } from 'playwright-core';

interface Value {
  readonly value?: unknown;
}
interface Node {
  readonly ignored: boolean;
  readonly role?: Value;
  readonly name?: Value;
  readonly properties?: readonly { readonly name: string; readonly value: Value }[];
}

/** WAI-ARIA 1.2: these must have a name. */
const NAMED = ['button', 'link', 'textbox', 'tab', 'tabpanel', 'region', 'table', 'heading', 'tablist'];

export async function faultsOf(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = (await session.send('Accessibility.getFullAXTree')) as { nodes: readonly Node[] };
  const told = nodes.filter(({ ignored }) => !ignored);
  const ofRole = (role: string) => told.filter((node) => node.role?.value === role);
  const faults: string[] = [];
  for (const role of NAMED) {
    const unnamed = ofRole(role).filter(({ name }) => !String(name?.value ?? '').trim());
    if (unnamed.length > 0) faults.push(`${unnamed.length} of role ${role} have no name`);
  }
  for (const role of ['main', 'banner', 'contentinfo']) {
    if (ofRole(role).length !== 1) faults.push(`there must be one ${role}, there are ${ofRole(role).length}`);
  }
  // What changes by itself is told: the verdict, and what was copied.
  if (ofRole('status').length !== 2) faults.push(`two regions must be live, ${ofRole('status').length} are`);
  const levels = ofRole('heading').map(({ properties = [] }) =>
    Number(properties.find(({ name }) => name === 'level')?.value.value),
  );
  if (levels.filter((level) => level === 1).length !== 1) faults.push('there must be one heading of level 1');
  for (const [index, level] of levels.entries()) {
    if (level > (levels[index - 1] ?? 0) + 1)
      faults.push(`a heading of level ${level} follows one of ${levels[index - 1]}`);
  }
  // By their labels: a placeholder counts as a name too, and is gone with the first character.
  const fields = ofRole('textbox').map(({ name }) => name?.value);
  if (fields.join() !== 'Token,Audience optional') faults.push(`the fields are called ${fields.join()}`);
  if (ofRole('tab').length !== 5) faults.push(`there must be five tabs, there are ${ofRole('tab').length}`);
  return [...faults, ...(await page.evaluate(markupFaults))];
}

/** Runs in the page. */
function markupFaults(): string[] {
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `two elements have the id ${id}`);
  const lost = ['aria-labelledby', 'aria-controls', 'for'].flatMap((name) =>
    [...document.querySelectorAll(`[${name}]`)]
      .map((one) => one.getAttribute(name) ?? '')
      .filter((id) => !ids.includes(id))
      .map((id) => `${name} names ${id}, which is not there`),
  );
  const language = document.documentElement.lang === 'en' ? [] : ['the page has no language'];
  const said = [...document.querySelectorAll('#rows > li')].filter((row) => !row.querySelector('.said')?.textContent);
  return [...twice, ...lost, ...language, ...said.map(() => 'a row of the timeline says nothing in words')];
}
