/** A text of somebody else's, with what nobody would see written out: a word turned round is read as another one. */
import { element } from './element.ts';

/** Controls, marks of direction, lone surrogates, separators of lines, and whatever else has no shape of its own. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

export function legible(text: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let end = 0;
  for (const { 0: unseen, index } of text.matchAll(UNSEEN)) {
    parts.push(text.slice(end, index), element('mark', {}, escapeOf(unseen)));
    end = index + unseen.length;
  }
  return [...parts, text.slice(end)];
}

function escapeOf(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}
