/** The documents say what the code does: every snippet of the README runs, every table is the code's own. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type LocalStack, startLocalStack } from '../lib/cli/local-stack.ts';
import { ALGORITHM_NAMES } from '../lib/core/algorithms.ts';
import { CLIENT_RULES, checkClientRules } from '../lib/core/client-rules.ts';
import { parsePolicy, WINDOW_DEFAULTS } from '../lib/core/config.ts';
import { formatDuration } from '../lib/core/duration.ts';
import { OPERATION_CODES, REQUEST_CODES } from '../lib/core/errors.ts';
import { requireSafe, unsafe } from '../lib/core/policy.ts';
import { VERIFIERS, type Verifier } from '../lib/core/verifiers.ts';

const run = promisify(execFile);
const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const blocks = (file: string, language: string) =>
  [...read(file).matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code);

describe('README', () => {
  let stack: LocalStack;
  let status: string;
  beforeAll(async () => {
    stack = await startLocalStack({ config: {}, port: 0 });
    // Before the other snippets rotate it, and once the first tick is over.
    await vi.waitFor(
      async () => {
        status = (await run(process.execPath, ['bin/keyturn.ts', 'status', '--url', stack.url])).stdout;
      },
      { timeout: 30_000, interval: 200 },
    );
  });
  afterAll(() => stack.close());
  // 127.0.0.1 for what is fetched, localhost in what is compared: the issuer's name is localhost.
  const here = (code: string) => code.replaceAll('http://localhost:4790', stack.policy.issuer);

  const scripts = blocks('README.md', 'js');
  test.each(scripts.map((code, index) => [index + 1, code] as const))(
    'snippet %i verifies a token',
    async (index, code) => {
      const file = new URL(`./.readme-${index}.mjs`, import.meta.url);
      // The package's source in place of the package, which is built when it is packed.
      writeFileSync(file, here(code).replaceAll(/'keyturn\/(\w+)'/g, "'../lib/sdk/$1/index.ts'"));
      try {
        const { stdout } = await run(process.execPath, [file.pathname]);
        expect(stdout).toBe('svc:checkout\n');
      } finally {
        rmSync(file);
      }
    },
  );
  test('there are snippets for jose, for aws-jwt-verify and for our own', () => expect(scripts).toHaveLength(3));

  const calls = blocks('README.md', 'sh').filter((code) => code.startsWith('curl'));
  test.each(calls)('%s', async (code) => {
    const { stdout } = await run('bash', ['-c', here(code)]);
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect(answer.token ?? answer.documentVersion).toBeDefined();
  });

  test('its constructs are those of the examples, which are synthesized from the package', () => {
    const [app = '', client = ''] = blocks('README.md', 'ts');
    expect(read('examples/cdk-app/app.ts')).toBe(app);
    expect(read('examples/api-gateway/app.ts')).toContain(client);
  });

  test('its status is what the command says, but for names and times', () => {
    const [capture = ''] = blocks('README.md', 'text').filter((text) => text.includes('last tick'));
    const plain = (text: string) =>
      text
        .replaceAll(/http:\/\/localhost:\d+/g, 'ISSUER')
        .replaceAll(/[\w-]{13}…/g, 'KID')
        .replaceAll(/\d{4}-\d\d-\d\d(T[\d:]+Z)?/g, 'DATE')
        .replaceAll(/\b(\d+[dhms])+\b/g, 'AGE')
        .replaceAll(/[░█▒▲ ]+/g, ' ')
        .split('\n')
        .filter((line) => !line.includes('next'));
    expect(plain(status)).toEqual(plain(capture));
  });

  test('its example of a configuration passes the check', () => {
    const [config = ''] = blocks('README.md', 'json').filter((code) => code.includes('verifiers'));
    expect(() => requireSafe(parsePolicy({ issuer: 'https://auth.example.com', ...JSON.parse(config) }))).not.toThrow();
  });

  test('names only commands that exist', () => {
    const { scripts: known } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const [, name = ''] of read('README.md').matchAll(/npm run ([a-z:]+)/g)) expect(known).toHaveProperty([name]);
  });
});

describe('docs/configuration.md', () => {
  const text = read('docs/configuration.md');
  test.each(Object.entries(WINDOW_DEFAULTS))('%s defaults to %s', (name, value) => {
    expect(text).toContain(`| \`${name}\` | \`${value}\` |`);
  });
  test('lists every algorithm', () => {
    for (const name of ALGORITHM_NAMES) expect(text).toContain(`\`${name}\``);
  });
  test('lists every verifier as the table has it', () => {
    const yes = (seconds: number) => (seconds === 0 ? 'at once' : `after ${formatDuration(seconds)}`);
    const row = (verifier: Verifier) =>
      `| \`${verifier.name}\` | ${verifier.title} | ${verifier.algorithms.length === ALGORITHM_NAMES.length ? 'all' : verifier.algorithms.join(' ')} | ${formatDuration(verifier.keyCache)}${verifier.cacheDocumented ? '' : ' †'} | ${verifier.refetch === 'never' ? 'never' : yes(verifier.refetch)} |`;
    const expected = Object.values(VERIFIERS).map(row).join('\n');
    expect(text).toContain(`${expected}\n`);
  });
  test('its example of a refusal is a real one', () => {
    const [example = ''] = blocks('docs/configuration.md', 'text');
    const verifiers = ['http-api'];
    const policy = parsePolicy({ issuer: 'https://auth.example.com', publicationLead: '1h', verifiers });
    expect(unsafe(policy)).toEqual([example.trim()]);
  });
  test('its own verifier can be declared', () => {
    for (const code of blocks('docs/configuration.md', 'json')) {
      const { clients: _, ...config } = JSON.parse(code);
      expect(() => parsePolicy({ issuer: 'https://auth.example.com', ...config })).not.toThrow();
    }
  });
  test('its clients are within the rules, and every rule is explained', () => {
    const examples = blocks('docs/configuration.md', 'json').map((code) => JSON.parse(code).clients);
    const [{ orders }] = examples.filter((clients) => clients !== undefined);
    const { role: _, ...rules } = orders;
    expect(() => checkClientRules({ orders: rules }, [])).not.toThrow();
    for (const name of CLIENT_RULES) expect(text).toContain(`| \`${name}\` |`);
  });
});

test('docs/errors.md explains every code, with its status', () => {
  const text = read('docs/errors.md');
  for (const [code, status] of Object.entries(REQUEST_CODES)) expect(text).toContain(`| \`${code}\` | ${status} |`);
  for (const code of OPERATION_CODES) expect(text).toContain(`| \`${code}\` |`);
});

test('docs/protocol.md explains every step', () => {
  const text = read('docs/protocol.md');
  const kinds = [...read('lib/core/lifecycle.ts').matchAll(/kind: '([a-z]+)'/g)].map(([, kind = '']) => kind);
  for (const kind of new Set(kinds)) expect(text).toContain(`\`${kind}\``);
});
