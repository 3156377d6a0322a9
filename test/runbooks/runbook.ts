/** A runbook of docs/runbooks: its sections, and the very commands that stand there, run against a local stack. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { keyturn, type Said } from '../cli/in-process.ts';

/** The shortest windows under which a rotation has something to wait for. */
export const WINDOWS = {
  algorithm: 'ES256',
  publicationLead: '1s',
  tick: '1s',
  edgeMaxAge: '1s',
  edgeStaleWhileRevalidate: '0s',
  edgeStaleIfError: '0s',
  signerCache: '1s',
  clockSkew: '0s',
  verifiers: [{ name: 'orders', keyCache: '10m', refetch: '0s' }],
};

export const SECTIONS = ['What you see', 'What to do', 'It is over when'] as const;
/** Of docs/moving-in.md too. */
export const MOVING_IN = '../moving-in';
/** By the words that stand in capitals in the commands. */
type Words = Readonly<Record<string, string>>;

const text = (name: string): string => readFileSync(new URL(`../../docs/runbooks/${name}.md`, import.meta.url), 'utf8');

export function sectionsOf(name: string): ReadonlyMap<string, string> {
  const [, ...parts] = text(name).split(/^## /m);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n'))]));
}

export const lengthOf = (name: string): number => text(name).trimEnd().split('\n').length;

/** Without their comments; what is not ours to run is left out. */
export function commandsOf(name: string, section: string): string[] {
  const blocks = (sectionsOf(name).get(section) ?? '').matchAll(/^```sh\n(.*?)^```/gms);
  const lines = [...blocks].flatMap(([, code = '']) => code.trim().split('\n'));
  return lines.map((line) => line.replace(/\s+#.*$/, '')).filter((line) => line.startsWith('keyturn '));
}

/** Runs the commands of a section, each against this issuer; answers with what they said, by the command. */
export async function follow(name: string, section: string, url: string, words: Words = {}): Promise<Said[]> {
  const said: Said[] = [];
  for (const command of commandsOf(name, section)) {
    let last: Said | undefined;
    for (const part of command.split(' | ')) last = await run(part, url, words, last?.stdout.trim());
    if (last) said.push(last);
  }
  expect(said.length).toBeGreaterThan(0);
  return said;
}

/** What ends a runbook says with its exit codes that it is over. */
export async function isOver(name: string, url: string, words?: Words): Promise<void> {
  for (const { status, stdout, stderr } of await follow(name, 'It is over when', url, words)) {
    expect(status, stdout + stderr).toBe(0);
  }
}

async function run(command: string, url: string, words: Words, piped: string | undefined): Promise<Said> {
  const [, verb = '', ...args] = [...command.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
  const filled = args.map((word) => words[word] ?? word);
  // Nothing is left behind in the working directory.
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
  const report = verb === 'burn' ? ['--report', join(directory, 'burn.json')] : [];
  const target = filled.includes('--url') ? [] : ['--url', url];
  const all = [...(piped === undefined ? [] : [piped]), ...filled, ...report, ...target];
  return keyturn(verb, ...all).finally(() => rmSync(directory, { recursive: true }));
}
