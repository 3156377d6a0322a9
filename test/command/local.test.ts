import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, expect, test, vi } from 'vitest';
import { Command, endAll, isAlive } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const bash = (script: string) => promisify(execFile)('bash', ['-c', script], { cwd: ROOT });

afterAll(endAll);

test.concurrent('what it prints is true: the issuer, the JWKS, the curl line and the AWS line', async () => {
  const command = new Command('local', '--port', '0');
  await command.says(/list-keys\n/);
  expect(command.stdout).toContain('Its keys are NOT in KMS');
  const [, issuer = ''] = await command.says(/^ {2}issuer +(\S+) {3}\(in a browser: its keys in time\)$/m);
  const [, jwksUrl = ''] = await command.says(/^ {2}JWKS +(\S+)$/m);
  expect(issuer).toMatch(/^http:\/\/localhost:\d+$/);

  const [, curl = ''] = await command.says(/^ {2}sign +(curl [^\n]*\\\n[^\n]*)$/m);
  // The first key is a moment away when the line is there to be read.
  const { token } = await vi.waitFor(
    async () => {
      const { stdout } = await bash(curl);
      expect(stdout).toContain('"token"');
      return JSON.parse(stdout) as { token: string };
    },
    { timeout: 15_000, interval: 200 },
  );
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(jwksUrl)), { issuer, audience: 'orders-api' });
  expect(payload.sub).toBe('svc:checkout');

  // The first tick may still be at work: of two that save at once, one has nothing to say of the rotation.
  await command.says(/activate: .*observe: /s);
  const [, rotate = ''] = await command.says(/^ {2}rotate +(curl [^\n]*)$/m);
  expect(JSON.parse((await bash(rotate)).stdout)).toMatchObject({
    holds: [{ why: expect.stringContaining('to see it') }],
  });

  const [, environment = ''] = await command.says(/^ {2}inside +(export AWS_ENDPOINT_URL=\S+ .*)$/m);
  const listKeys = `
    import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
    const { Keys } = await new KMSClient().send(new ListKeysCommand());
    console.log(Keys.length);`;
  const { stdout } = await bash(`${environment}\n'${process.execPath}' --input-type=module -e "${listKeys}"`);
  expect(stdout).toBe('2\n');
  expect(command.stderr).toBe('');
});

test.concurrent('--json says everything as one JSON object a line', async () => {
  const command = new Command('local', '--port', '0', '--json');
  const { signUrl, rotateUrl, ...started } = await command.started();
  expect(Object.keys(started).sort()).toEqual([
    'awsEndpointUrl',
    'event',
    'example',
    'issuer',
    'jwksUrl',
    'operateUrl',
    'unsafe',
  ]);
  await command.says(/"step":"activate"/);
  await fetch(rotateUrl, { method: 'POST' });
  await fetch(signUrl, { method: 'POST', body: '{' });
  await command.says(/"event":"refusal"/);
  expect(await command.end('SIGTERM')).toEqual({ status: 0, signal: null });
  const lines = command.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines[0]).toMatchObject({ event: 'started', unsafe: false });
  expect(new Set(lines.slice(1).map((line) => `${line.function} ${line.event}`))).toEqual(
    new Set(['rotate step', 'sign refusal']),
  );
  expect(command.stderr).toBe('');
});

test.concurrent('--fast rotates within the minute under windows that pass the check', async () => {
  const command = new Command('local', '--port', '0', '--json', '--fast');
  const { jwksUrl, unsafe } = await command.started();
  expect(unsafe).toBe(false);
  await command.says(/"step":"activate"/);
  const response = await fetch(jwksUrl);
  expect(response.headers.get('cache-control')).toBe('public, max-age=2, stale-while-revalidate=1, stale-if-error=1');
});

test.concurrent.for(['SIGINT', 'SIGTERM'] as const)(
  '%s ends it, with status 0 and nothing left behind',
  async (signal) => {
    const command = new Command('local', '--port', '0', '--json');
    const { signUrl } = await command.started();
    await command.says(/"step":"activate"/);
    // In the middle of their work.
    const calls = Array.from({ length: 8 }, () =>
      fetch(signUrl, { method: 'POST', body: '{}' }).catch(() => undefined),
    );
    await command.says(/"event":"refusal"/);
    const pids = command.descendants();
    expect(pids.length).toBeGreaterThanOrEqual(2);
    const outcome = await command.end(signal);
    expect({ ...outcome, stderr: command.stderr }).toEqual({ status: 0, signal: null, stderr: '' });
    await Promise.all(calls);
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 5000 });
  },
);

test.concurrent('nothing outlives it when it is killed', async () => {
  const command = new Command('local', '--port', '0', '--json');
  await command.says(/"step":"activate"/);
  const pids = command.descendants();
  expect(pids.length).toBeGreaterThanOrEqual(2);
  await command.end('SIGKILL');
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 5000 });
});
