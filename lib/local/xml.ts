/** As much XML as S3 and CloudFront exchange: elements with text or children, no attributes but the namespace. */

type Content = string | number | boolean | readonly XmlElement[];
export type XmlElement = readonly [name: string, content: Content];

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

const escaped = (text: string): string =>
  // XML 1.0 §2.11 turns a bare carriage return into a line feed unless it is a reference.
  text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character).replaceAll('\r', '&#13;');

const rendered = ([name, content]: XmlElement, attributes = ''): string => {
  const inside = Array.isArray(content) ? content.map((child) => rendered(child)).join('') : escaped(String(content));
  return `<${name}${attributes}>${inside}</${name}>`;
};

export const xmlDocument = (root: XmlElement, namespace?: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${rendered(root, namespace === undefined ? '' : ` xmlns="${namespace}"`)}`;

const unescaped = (text: string): string =>
  text.replace(/&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(amp|lt|gt|quot|apos));/g, (_, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return Object.keys(ESCAPES).find((character) => ESCAPES[character] === `&${name};`) ?? '';
  });

/** The texts of every element of this name, in document order. */
export const xmlTexts = (document: string, name: string): string[] =>
  [...document.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map((match) => unescaped(match[1] ?? ''));
