/** Every page of docs/runbooks is short, has the same three parts, and is rehearsed; every page that is named is there. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commandsOf, lengthOf, SECTIONS, sectionsOf } from './runbook.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const PAGES = globSync('docs/runbooks/*.md', { cwd: ROOT }).map((file) => basename(file, '.md'));
const REHEARSALS = globSync('test/runbooks/*.test.ts', { cwd: ROOT }).map(read).join('');

describe.each(PAGES)('%s', (name) => {
  test('begins with what one sees and ends with how one knows that it is over', () => {
    expect([...sectionsOf(name).keys()]).toEqual(SECTIONS);
    expect(lengthOf(name)).toBeLessThanOrEqual(60);
  });

  test('says by which command it is over', () => {
    expect(commandsOf(name, 'It is over when').length).toBeGreaterThan(0);
  });

  test('is rehearsed', () => {
    expect(REHEARSALS).toContain(`isOver('${name}'`);
  });
});

test('whoever names a runbook names one that is there', () => {
  const files = globSync('{lib,functions,docs,bin}/**/*.{ts,md}', { cwd: ROOT });
  const named = files.flatMap((file) => [...read(file).matchAll(/runbooks\/([\w-]+)\.md/g)].map(([, name]) => name));
  expect([...new Set(named)].filter((name) => !PAGES.includes(name ?? ''))).toEqual([]);
});
