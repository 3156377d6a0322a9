/** A button that copies a text. */
import { announce, element } from './element.ts';

const SHOWN_MS = 2000;

/** @param what names the text for who cannot see it */
export function copyButton(what: string, text: string): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'copy', 'aria-label': `Copy ${what}`, click }, 'Copy');
  function say(shown: string, spoken: string): void {
    button.textContent = shown;
    announce(spoken);
    setTimeout(() => {
      button.textContent = 'Copy';
    }, SHOWN_MS);
  }
  function click(): void {
    // Absent where the page is not a secure context.
    const written = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('there is no clipboard'));
    written.then(
      () => say('Copied', `${what} copied`),
      () => say('Not copied', `${what} could not be copied`),
    );
  }
  return button;
}
