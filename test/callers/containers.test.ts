/**
 * examples/containers without Docker: what its files say is read from them and run as processes, each in the environment that
 * compose.yaml gives it. Not run: the building of the images, their users, and the network, whose names Python is told.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { freePort } from '../command/process.ts';
import { pythonFor } from '../deploy/python.ts';
import { example, python } from './languages.ts';
import { Running } from './running.ts';

const run = promisify(execFile);
const path = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));

interface Service {
  readonly command?: string[];
  readonly environment?: Record<string, string>;
  readonly volumes?: string[];
  readonly ports: string[];
  readonly healthcheck?: { readonly test: string[] };
}
const { services } = parse(example('containers', 'compose.yaml')) as { services: Record<string, Service> };
const { issuer, orders } = services as { issuer: Service; orders: Service };
/** The arguments of a Dockerfile's instructions, in their order. */
const instructions = (file: string, name: string) =>
  [...example('containers', file).matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(([, value = '']) => value);

describe('the files', () => {
  test('name what there is', () => {
    const [context, ...others] = instructions('service/Dockerfile', 'COPY').map((line) => line.split(' ').slice(0, -1));
    for (const file of [context, ...others].flat()) expect(existsSync(path(`examples/${file}`)), file).toBe(true);
    const { version } = JSON.parse(example('..', 'package.json')) as { version: string };
    expect(instructions('issuer/Dockerfile', 'COPY')).toEqual([`keyturn-${version}.tgz /`]);
    expect(instructions('issuer/Dockerfile', 'RUN')).toEqual([`npm install --global /keyturn-${version}.tgz`]);
    const [mounted = ''] = issuer.volumes?.[0]?.split(':') ?? [];
    expect(existsSync(path(`examples/containers/${mounted}`))).toBe(true);
  });

  test('open what listens, to this machine alone', () => {
    for (const { ports } of [issuer, orders]) expect(ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:(\d+):\1$/)]);
    expect(instructions('issuer/Dockerfile', 'EXPOSE')).toEqual([issuer.ports[0]?.split(':')[1]]);
    expect(instructions('service/Dockerfile', 'EXPOSE')).toEqual([orders.ports[0]?.split(':')[1]]);
    for (const file of ['issuer', 'service']) expect(instructions(`${file}/Dockerfile`, 'USER')).not.toEqual([]);
  });
});

describe.skipIf(python.missing())('the containers, as processes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
  const running: Running[] = [];
  afterAll(async () => {
    for (const one of running) await one.kill();
    rmSync(directory, { recursive: true });
  });
  let ports: Record<string, number>;
  /** On ports that are free here, and with the mounted file where it lies. */
  const here = (text: string) => {
    const [file = '', mounted = ''] = issuer.volumes?.[0]?.split(':') ?? [];
    return text
      .replaceAll('4790', String(ports.issuer))
      .replaceAll('8080', String(ports.orders))
      .replaceAll(mounted, path(`examples/containers/${file}`));
  };
  const start = (command: string, args: string[], environment: Record<string, string>) => {
    const one = new Running({ command, args: args.map(here) }, [], environment);
    running.push(one);
    return one;
  };
  const get = async (name: string) => {
    const response = await fetch(`http://127.0.0.1:${ports.orders}${name}`);
    return { status: response.status, body: await response.json() };
  };

  beforeAll(async () => {
    ports = { issuer: await freePort(), orders: await freePort() };
    const [keyturn, ...args] = JSON.parse(instructions('issuer/Dockerfile', 'ENTRYPOINT')[0] ?? '') as string[];
    expect(keyturn).toBe('keyturn');
    start(process.execPath, [path('bin/keyturn.ts'), ...args, ...(issuer.command ?? []), '--port', '4790'], {});

    const interpreter = await pythonFor('service', path('examples/containers/service/requirements.txt'));
    for (const line of instructions('service/Dockerfile', 'COPY')) {
      for (const file of line.split(' ').slice(0, -1))
        cpSync(path(`examples/${file}`), join(directory, basename(file)));
    }
    const [, ...files] = JSON.parse(instructions('service/Dockerfile', 'CMD')[0] ?? '') as string[];
    const given = Object.entries(orders.environment ?? {}).map(([name, value]) => [name, here(value)]);
    // The PORT that is free here, the names of the network, and the way of Python to the file that tells them.
    const more = {
      PORT: `${ports.orders}`,
      SERVICES: Object.keys(services).join(),
      PYTHONPATH: path('test/callers/names'),
    };
    const healthy = issuer.healthcheck?.test ?? [];
    const [kind, command = '', ...rest] = healthy;
    expect([kind, command]).toEqual(['CMD', 'node']);
    await vi.waitFor(() => run(process.execPath, rest.map(here)), { timeout: 30_000, interval: 200 });
    start(
      interpreter,
      files.map((file) => join(directory, file)),
      { ...Object.fromEntries(given), ...more },
    );
    await vi.waitFor(() => get('/'), { timeout: 15_000, interval: 100 });
  });

  test('the service gets a token, and takes it', async () => {
    expect(await get('/checkout')).toEqual({ status: 200, body: { orders: [], 'asked by': 'svc:checkout' } });
  });

  test('and nothing else', async () => {
    expect((await get('/orders')).status).toBe(401);
    const audience = { audience: 'other-api' };
    const sign = (client: string, body: object) =>
      fetch(`http://127.0.0.1:${ports.issuer}/sign/${client}`, { method: 'POST', body: JSON.stringify(body) });
    expect((await sign('checkout', audience)).status).toBe(403);
  });

  test('the issuer is who the network says it is', async () => {
    const body = JSON.stringify({ audience: 'orders-api' });
    const response = await fetch(`http://127.0.0.1:${ports.issuer}/sign/checkout`, { method: 'POST', body });
    const { token } = (await response.json()) as { token: string };
    expect(decodeJwt(token).iss).toBe(here(orders.environment?.ISSUER ?? ''));
  });
});

describe('the workflow', () => {
  const workflow = parse(example('ci', 'github-actions.yml'));
  const { steps, env } = workflow.jobs.test as {
    steps: { uses?: string; run?: string; name?: string }[];
    env: Record<string, string>;
  };

  test('pins what it uses, and may do nothing', () => {
    for (const { uses } of steps) if (uses) expect(uses).toMatch(/@[0-9a-f]{40}$/);
    expect(workflow.permissions).toEqual({});
    const { version } = JSON.parse(example('..', 'package.json')) as { version: string };
    expect(JSON.stringify(steps)).toContain(`npx --yes keyturn@${version} local`);
  });

  test('has an issuer that signs when its tests begin', async () => {
    const port = String(await freePort());
    const directory = mkdtempSync(join(tmpdir(), 'keyturn-'));
    const step = steps.find(({ run: script }) => script?.includes('npx'))?.run ?? '';
    // In place of what npm would bring. It ends with this shell, as a job's processes end with the job.
    const script = step.replace(
      /npx --yes keyturn@\S+ local/,
      `'${process.execPath}' '${path('bin/keyturn.ts')}' local --port ${port}`,
    );
    const tests = `curl --silent --fail "$SIGN_URL" -d "$TOKEN"; kill %1; wait`;
    const given = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace('4790', port)]));
    const { PATH = '' } = process.env;
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', `${script}\n${tests}`], {
      cwd: directory,
      env: { ...given, PATH: [PATH, '/usr/bin'].join(delimiter) },
    });
    expect(decodeJwt(JSON.parse(stdout).token).iss).toBe(given.ISSUER);
    rmSync(directory, { recursive: true });
  });
});
