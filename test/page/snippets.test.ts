/** The short forms of how to verify: no check of the long ones in docs/verifiers is lost in them. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { snippetsFor } from '../../lib/page/snippets.ts';

const settings = { issuer: 'https://a.example', jwksUrl: 'https://a.example/.well-known/jwks.json' };
const snippet = (language: string) =>
  snippetsFor({ ...settings, algorithm: 'ES256' }).find((one) => one.language === language) ?? { code: '', keys: '' };
const page = (name: string) => readFileSync(new URL(`../../docs/verifiers/${name}.md`, import.meta.url), 'utf8');
const found = (text: string, what: RegExp) => new Set([...text.matchAll(what)].map(([, name]) => name));

test('five languages, each with the issuer’s own names; a library that cannot verify says so', () => {
  const settings = { issuer: 'https://a.example', jwksUrl: 'https://a.example/.well-known/jwks.json' };
  const snippets = snippetsFor({ ...settings, algorithm: 'ES256' });
  expect(snippets.map(({ language }) => language)).toEqual(['JavaScript', 'Python', 'Go', 'Java', 'Rust']);
  for (const { code } of snippets) {
    for (const part of ['"https://a.example"', settings.jwksUrl, 'orders-api', 'ES256']) {
      expect(code.replaceAll("'", '"')).toContain(part);
    }
  }
  const mlDsa = snippetsFor({ ...settings, algorithm: 'ML-DSA-44' });
  expect(mlDsa.map(({ code }) => /does not verify ML-DSA-44/.test(code))).toEqual([false, true, true, true, true]);
});

test.each([
  ['Rust', 'jsonwebtoken-rust', /\bexpected\.(\w+)/g],
  ['Java', 'nimbus', /\bprocessor\.(set\w+)/g],
  ['Python', 'pyjwt', /\b(issuer|audience|algorithms|options|require)\b["]?[=:]/g],
  ['Go', 'go-oidc', /\b(ClientID|SupportedSigningAlgs):/g],
])('%s: whatever docs/verifiers/%s.md sets is set', (language, name, what) => {
  const expected = found(page(name), what);
  expect(expected.size).toBeGreaterThan(1);
  const { code } = snippet(language);
  expect([...expected].filter((one) => !found(code, what).has(one))).toEqual([]);
});

test('Java takes each type that the issuer signs', () => {
  expect(snippet('Java').code).toContain('JOSEObjectType.JWT, new JOSEObjectType("at+jwt")');
});

test.each([
  ['Java', /^import [\w.]+\.(\w+);$/gm, /(?<![.\w])([A-Z]\w+)(?=[.<(]| \w+ =)/g],
  ['Rust', /\b([A-Z]\w+|decode\w*)(?=[,;}])/g, /\b([A-Z]\w+|decode\w*)(?=[:<(]|>\(| =)/g],
])('%s: what is used is imported', (language, imported, used) => {
  const code = snippet(language).code.replaceAll(/"[^"]*"/g, '""');
  const names = found(code, imported);
  expect(names.size).toBeGreaterThan(3);
  expect([...found(code, used)].filter((name) => !names.has(name))).toEqual([]);
});

test('what each does with the keys is told', () => {
  const keys = snippetsFor({ ...settings, algorithm: 'ES256' }).map(({ keys }) => keys);
  expect(keys).toEqual([
    'fetches the keys and keeps them for 10 minutes',
    'fetches the keys and keeps them for 5 minutes',
    'fetches the keys and keeps them until a token names one that it does not know',
    'fetches the keys and keeps them for 5 minutes',
    'fetches nothing by itself',
  ]);
});
