/** Elements, made without markup: whatever a document or a token says stays text. */

type Child = Node | string | undefined | false;
type Attributes = Readonly<Record<string, string | boolean | (() => void)>>;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(key, value);
    else if (value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== false));
  return made;
}

/** @throws Error where the page's own markup has none */
export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page must have an element ${id}`);
  return found as Kind;
}

/** Makes these the children. What is the same stays where it is: what has the focus keeps it, and bars move in place. */
export function show(parent: Element, ...children: readonly Node[]): void {
  const before = [...parent.childNodes];
  for (const [index, child] of children.entries()) {
    const old = before[index];
    if (old === undefined) parent.append(child);
    else if (!old.isEqualNode(child)) adapt(old, child);
  }
  for (const old of before.slice(children.length)) old.remove();
}

function adapt(old: ChildNode, made: Node): void {
  const isOne = old instanceof HTMLElement && made instanceof HTMLElement && old.nodeName === made.nodeName;
  // With another key it is about something else, and so are its buttons.
  if (!isOne || old.dataset.key !== made.dataset.key) {
    old.replaceWith(made);
    return;
  }
  // It may say `Copied` at the moment.
  if (old instanceof HTMLButtonElement) return;
  for (const { name, value } of made.attributes) if (name !== 'style') old.setAttribute(name, value);
  // What somebody has opened stays open.
  for (const { name } of [...old.attributes])
    if (name !== 'open' && !made.hasAttribute(name)) old.removeAttribute(name);
  // As an attribute it would be markup, which the page's policy forbids.
  old.style.cssText = made.style.cssText;
  show(old, ...made.childNodes);
}

/** Says it to who cannot see it. */
export function announce(text: string): void {
  byId('announcer').textContent = text;
}
