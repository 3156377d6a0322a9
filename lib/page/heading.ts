/** The issuer's name, which breaks where a reader would break it: after the scheme, before a slash, then before a dot. */
import { byId, element, show } from './element.ts';

export function showHeading(issuer: string): void {
  const parts = issuer.match(/^\w+:\/\/|\/?[^/]+/g) ?? [issuer];
  show(byId('issuer'), ...parts.map((part) => element('span', {}, ...withBreaks(part))));
  document.title = `${issuer} · token issuer`;
}

const withBreaks = (part: string): (Node | string)[] =>
  part.split(/(?=\.)/).flatMap((piece, index) => (index === 0 ? [piece] : [element('wbr'), piece]));
