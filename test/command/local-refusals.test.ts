import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Command, endAll, freePort } from './process.ts';

const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
afterAll(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
});

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** It ends by itself, having said one sentence, on standard error. */
const refused = (...args: string[]): Promise<string> => ended(1, args);
/** The same, and it is a matter of what was given. */
const misread = (...args: string[]): Promise<string> => ended(2, args);

async function ended(expected: number, args: string[]): Promise<string> {
  const command = new Command('local', ...args);
  const { status } = await command.ended;
  expect({ status, stdout: command.stdout }).toEqual({ status: expected, stdout: '' });
  expect(command.stderr).toMatch(/^keyturn local: [^\n]+\n$/);
  return command.stderr.slice('keyturn local: '.length).trimEnd();
}

const UNSAFE = JSON.stringify({ grace: '1h' });

test.concurrent.for([
  ['a port that is none', ['--port', '65536'], '--port must be a number from 0 to 65535, got "65536"'],
  [
    'a configuration that is not there',
    ['--config', '/nowhere/x.json'],
    '--config /nowhere/x.json cannot be read: ENOENT',
  ],
  ['a list for a configuration', ['--config', file('list.json', '[]')], 'list.json must hold a JSON object'],
  ['a configuration that is not JSON', ['--config', file('bad.json', '{"grace":')], 'bad.json is not JSON: '],
  ['an unknown setting', ['--config', file('grac.json', '{"grac":"10d"}')], 'grac is not a setting; there are '],
  [
    'a duration that is none',
    ['--config', file('ten.json', '{"grace":"ten days"}')],
    'grace must be a duration such as ',
  ],
  ['an algorithm that is none', ['--config', file('hs.json', '{"algorithm":"HS256"}')], 'algorithm'],
  [
    'an issuer that is no URL',
    ['--config', file('no-url.json', '{"issuer":"example"}')],
    'issuer must be an https URL',
  ],
  [
    'an issuer with a query',
    ['--config', file('query.json', '{"issuer":"https://x.example/a?b"}')],
    'must have no query',
  ],
  ['an address for a second command', ['extra'], "'extra'"],
] as const)('%s', async ([, args, sentence]) => {
  expect(await misread('--port', '0', ...args)).toContain(sentence);
});

test.concurrent.for([
  [
    'windows that break tokens',
    ['--config', file('unsafe.json', UNSAFE)],
    'grace must be at least signerCache (30s) + ',
  ],
  ['a host that is none', ['--host', '203.0.113.1'], '203.0.113.1 is not an address of this machine'],
] as const)('%s', async ([, args, sentence]) => {
  expect(await refused('--port', '0', ...args)).toContain(sentence);
});

test.concurrent('a port that somebody else has', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  try {
    expect(await refused('--port', String(port))).toBe(
      `port ${port} is in use on 127.0.0.1; choose another with --port`,
    );
  } finally {
    other.close();
  }
});

/** Named and never taken: these directories are refused before anything listens. */
const PORT = '4797';

test.concurrent('a data directory for a port that is another one every time', async () => {
  expect(await misread('--port', '0', '--data', directory)).toContain('--data needs a fixed --port');
});

test.concurrent('a data directory that is a file or lies below one', async () => {
  const path = file('file', '');
  for (const data of [path, join(path, 'below')]) {
    expect(await refused('--port', PORT, '--data', data)).toBe(`${data}/port-4797 is not a directory`);
  }
});

// Who runs as root may write where others may not, but nowhere in sysfs(5).
test.skipIf(process.platform !== 'linux')('a data directory that cannot be made', async () => {
  const sentence = /^data directory \/sys\/keyturn\/port-4797 cannot be created \(E[A-Z]+\)$/;
  expect(await refused('--port', PORT, '--data', '/sys/keyturn')).toMatch(sentence);
  expect(await refused('--port', PORT, '--data', '/proc/keyturn')).toBe(
    'data directory /proc/keyturn/port-4797 cannot be created (ENOENT)',
  );
});

test.skipIf(process.getuid?.() === 0)('a data directory that is not writable', async () => {
  const data = join(directory, 'read-only');
  mkdirSync(join(data, 'port-4797'), { recursive: true, mode: 0o500 });
  expect(await refused('--port', PORT, '--data', data)).toBe(`data directory ${data}/port-4797 is not writable`);
});

test.concurrent('a data directory that holds something else', async () => {
  const data = join(directory, 'foreign');
  mkdirSync(join(data, 'port-4797'), { recursive: true });
  writeFileSync(join(data, 'port-4797', 'thesis.tex'), '');
  expect(await refused('--port', PORT, '--data', data)).toContain('holds no state of keyturn local');
});

test.concurrent('a data directory that another command uses', async () => {
  const data = join(directory, 'taken');
  const port = String(await freePort());
  const first = new Command('local', '--port', port, '--json', '--data', data);
  await first.started();
  const sentence = new RegExp(`is in use by process ${first.process.pid}$`);
  expect(await refused('--port', port, '--data', data)).toMatch(sentence);
});

test.concurrent('after a refusal nothing listens: the port is free again', async () => {
  const port = String(await freePort());
  await refused('--port', port, '--config', file('again.json', UNSAFE));
  const command = new Command('local', '--port', port, '--json');
  expect(await command.started()).toMatchObject({ issuer: `http://localhost:${port}` });
});

test.concurrent('--unsafe-windows takes the same windows, and says so', async () => {
  const args = ['local', '--port', '0', '--config', file('waived.json', UNSAFE), '--unsafe-windows'];
  const command = new Command(...args);
  await command.says(/NOT checked \(--unsafe-windows\)/);
  const programs = new Command(...args, '--json');
  expect(await programs.started()).toMatchObject({ unsafe: true });
});
