/** docs/calling.md says what the code does: every snippet runs, every option, code and default is the code's own. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalStack, startLocalStack } from '../lib/cli/local-stack.ts';
import { Listener } from './callers/listener.ts';
import { type Sent, signatureFault } from './sdk/client/sigv4.ts';

const run = promisify(execFile);
const path = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const read = (file: string) => readFileSync(path(file), 'utf8');
const TEXT = read('docs/calling.md');
const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code);

describe('its snippets', () => {
  let stack: LocalStack;
  beforeAll(async () => {
    const checkout = { audiences: ['orders-api'], subject: 'svc:checkout' };
    stack = await startLocalStack({ config: { clients: { checkout } }, ticking: false });
    await stack.tick();
  });
  afterAll(() => stack.close());

  const [byUrl = '', byInvoke = '', testing = '', ...more] = blocks(TEXT, 'js');
  const environment = () => ({
    AWS_ENDPOINT_URL: stack.awsEndpointUrl,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  /** With the package's source in place of the package, which is built when it is packed. */
  async function printed(name: string, code: string, env: Record<string, string> = {}): Promise<string[]> {
    const file = path(`test/.calling-${name}.mjs`);
    writeFileSync(file, code.replaceAll(/'keyturn\/(\w+)'/g, "'../lib/sdk/$1/index.ts'"));
    try {
      const { stdout } = await run(process.execPath, [file], { env });
      return stdout.trimEnd().split('\n');
    } finally {
      rmSync(file);
    }
  }

  test.each([
    ['url', byUrl],
    ['functionName', byInvoke],
  ])('a token by %s', async (name, code) => {
    const here = code
      .replace('http://localhost:4790/sign', `${stack.url}/sign/checkout`)
      .replace('Keyturn-Sign:checkout', 'sign:checkout');
    const [token = ''] = await printed(name, here, environment());
    expect(decodeJwt(token)).toMatchObject({ sub: 'svc:checkout', client_id: 'checkout', aud: 'orders-api' });
  });

  test('an issuer in a test says what stands beside it', async () => {
    const said = [...testing.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, comment]) => comment);
    expect(said).toHaveLength(3);
    expect(await printed('testing', testing)).toEqual(said);
    expect(more).toEqual([]);
  });

  test('curl gets a token, with a signature that AWS takes', async () => {
    const [curl = '', ...others] = blocks(TEXT, 'sh');
    expect(others).toEqual([]);
    const signed = (SIGN_URL: string) => {
      const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'session' };
      return run('bash', ['-c', curl], { env: { PATH: process.env.PATH, SIGN_URL, ...keys } });
    };
    const { stdout } = await signed(`${stack.url}/sign/checkout`);
    expect(decodeJwt(JSON.parse(stdout).token).sub).toBe('svc:checkout');
    const listener = await Listener.start();
    await signed(`${listener.url}/`);
    const signer = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', region: 'eu-central-1', service: 'lambda' };
    expect(signatureFault(listener.requests[0] as Sent, signer)).toBeUndefined();
    await listener.close();
  });

  test.each(['python', 'go', 'java'])('that in %s is the one that npm run test:callers runs', (language) => {
    const [own = ''] = blocks(TEXT, language);
    expect(own).not.toBe('');
    expect(blocks(read(`examples/${language}/README.md`), language)).toEqual([own]);
  });
});

describe('its tables', () => {
  test('have every option, with its default', () => {
    const [, options = ''] =
      /interface TokenClientOptions \{\n(.*?)\n\}/s.exec(read('lib/sdk/client/options.ts')) ?? [];
    const names = [...options.matchAll(/^ {2}readonly (\w+)\?/gm)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(7);
    for (const name of names) expect(TEXT).toContain(`\`${name}\``);
    const defaults = [...options.matchAll(/@default ([\d.]+) \*\/\n {2}readonly (\w+)\?/g)];
    expect(defaults).toHaveLength(3);
    for (const [, value, name] of defaults) expect(TEXT).toContain(`| \`${name}\` | ${value} |`);
  });

  test('have every code of the client', () => {
    const [, union = ''] = /type ClientCode =\n(.*?);\n/s.exec(read('lib/sdk/client/errors.ts')) ?? [];
    const codes = [...union.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code = '']) => code);
    expect(codes.length).toBeGreaterThan(5);
    for (const code of codes) expect(TEXT).toContain(`| \`${code}\` |`);
  });

  test('say what is asked again as the code has it', () => {
    const [, statuses = ''] = /PASSING_STATUS = \[(.*?)\]/.exec(read('lib/sdk/client/errors.ts')) ?? [];
    expect(TEXT).toContain(`What is asked again: ${statuses} and a broken connection`);
  });
});

test('its links lead somewhere, and its commands and benches are there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const [, name = ''] of TEXT.matchAll(/npm run ([a-z:]+)/g)) expect(scripts).toHaveProperty([name]);
  for (const [, file = ''] of TEXT.matchAll(/`(bench\/[\w.-]+)`/g)) expect(statSync(path(file)).isFile()).toBe(true);
  for (const [, target = ''] of TEXT.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
    const [file = '', anchor] = target.split('#');
    expect(existsSync(path(`docs/${file}`)), target).toBe(true);
    if (anchor === undefined) continue;
    const headings = [...read(`docs/${file}`).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
    const anchors = headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors, target).toContain(anchor);
  }
});
