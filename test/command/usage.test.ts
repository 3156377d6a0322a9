/** What was given and cannot be read is a matter of usage: exit code 2, and one sentence that says what it should be. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyturn } from '../cli/in-process.ts';
import { type Issuer, startIssuer, startSigning } from '../functions/issuer.ts';
import { Command, endAll } from './process.ts';

let issuer: Issuer;
const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
beforeAll(async () => {
  issuer = await startSigning({ config: { algorithm: 'ES256' } });
});
afterAll(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
  await issuer?.close();
});
const here = () => ['--url', issuer.url];
const config = (text: string): string => {
  const file = join(directory, 'keyturn.config.json');
  writeFileSync(file, text);
  return file;
};

test.each([
  ['plan --until soon', '--until must be a duration such as 90d, 24h, 15m or 30s, got "soon" (policy_invalid)'],
  ['plan --until=-5d', '--until must be a duration such as 90d, 24h, 15m or 30s, got "-5d" (policy_invalid)'],
  ['plan --until -5d', "Option '--until' argument is ambiguous (usage)"],
  ['jwks --verifier nobody', /^verifier "nobody" is not known; there are .* \(policy_invalid\)$/],
  ['sign --audience a --expires-in abc', '--expires-in must be whole seconds, got abc (usage)'],
  ['sign --audience a --expires-in -5', /ambiguous \(usage\)$/],
])('%s', async (command, sentence) => {
  const [verb = '', ...args] = command.split(' ');
  const { status, stdout, stderr } = await keyturn(verb, ...args, ...here());
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  const said = stderr.slice(`keyturn ${verb}: `.length);
  if (typeof sentence === 'string') expect(said).toBe(sentence);
  else expect(said).toMatch(sentence);
});

describe('plan --config', () => {
  const planned = (text: string) => keyturn('plan', '--config', config(text), ...here());

  test.each([
    ['[]', /must hold a JSON object \(usage\)$/],
    ['null', /must hold a JSON object \(usage\)$/],
    ['{', /is not JSON: .* \(usage\)$/],
    ['{"grac":"10d"}', /grac is not a setting; there are .* \(policy_invalid\)$/],
    ['{"algorithm":"HS256"}', /HS256.* \(algorithm_unknown\)$/],
  ])('%s', async (text, sentence) => {
    const { status, stdout, stderr } = await planned(text);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
  });

  test('windows that can be read and break the promise are refused', async () => {
    expect(await planned('{"grace":"1m"}')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/policy_unsafe/),
    });
  });

  test('of another issuer says of whom the plan is', async () => {
    const file = config('{"issuer":"https://auth.example.com"}');
    const command = new Command('plan', '--config', file, ...here());
    expect(await command.ended).toMatchObject({ status: 0 });
    expect(command.stderr).toBe(
      `keyturn plan: ${file} is of https://auth.example.com; this is what it would do to ${issuer.policy.issuer}\n`,
    );
    const own = new Command('plan', '--config', config(`{"issuer":"${issuer.policy.issuer}"}`), ...here());
    await own.ended;
    expect(own.stderr).toBe('');
  });
});

describe('sign for a client that there is not', () => {
  test('names it', async () => {
    const { status, stderr } = await keyturn('sign', '--audience', 'a', '--client', 'nobody', ...here());
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        "keyturn sign: there is no client nobody: --client takes one of the issuer's clients, as in keyturn.config.json (client_unknown)",
    });
  });

  test('asks for one where there are some', async () => {
    const clients = { orders: { audiences: ['a'], subject: 'orders' } };
    const other = await startIssuer({ config: { algorithm: 'ES256', clients } });
    try {
      await other.report();
      const { status, stderr } = await keyturn('sign', '--audience', 'a', '--url', other.url);
      expect(status).toBe(1);
      expect(stderr).toMatch(/signs for its clients only: name one with --client \(client_unknown\)$/);
    } finally {
      await other.close();
    }
  });
});

/** A reader that closes its end of the pipe at once, or after the first bytes. */
async function closedOn(args: readonly string[], isAtOnce: boolean) {
  const program = fileURLToPath(new URL('../../bin/keyturn.ts', import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  if (isAtOnce) child.stdout.destroy();
  else child.stdout.once('data', () => child.stdout.destroy());
  const [status, signal] = await once(child, 'close');
  return { status, signal, stderr };
}

describe('a reader that has seen enough', () => {
  const quiet = { status: 0, signal: null, stderr: '' };

  test.each(['status', 'plan --until 20y', 'audit --json'])('%s', async (command) => {
    expect(await closedOn([...command.split(' '), ...here()], true)).toEqual(quiet);
  });

  test('local ends in order', async () => {
    expect(await closedOn(['local', '--port', '0', '--fast', '--json'], false)).toEqual(quiet);
  });
});
