/** Every verb explains itself, by example. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import type { Verb } from '../../lib/cli/verb.ts';
import { statementsOf } from '../cdk/statements.ts';
import { issuerIn } from '../cdk/synth.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const verbs = [...readFileSync(join(ROOT, 'bin/keyturn.ts'), 'utf8').matchAll(/lib\/cli\/([\w-]+)\.ts'\),/g)].map(
  ([, name = '']) => name,
);

test('every file that is a verb is one of the command', () => {
  const files = globSync('lib/cli/*.ts', { cwd: ROOT }).filter((file) =>
    /^export const help/m.test(readFileSync(join(ROOT, file), 'utf8')),
  );
  expect(files.map((file) => basename(file, '.ts')).sort()).toEqual([...verbs].sort());
});

describe.each(verbs)('%s', (name) => {
  test('says how it is called, what its options are, and shows it', async () => {
    const { help, summary } = (await import(`../../lib/cli/${name}.ts`)) as Verb;
    expect(help).toMatch(new RegExp(`^Usage: keyturn ${name}\\b`));
    expect(help).toMatch(new RegExp(`\\nExamples?:\\n(?:  .*\\n)*  .*keyturn ${name}\\b`));
    expect(help).toContain('--json');
    expect(help.endsWith('\n')).toBe(true);
    for (const line of help.split('\n')) expect(line.length).toBeLessThan(115);
    expect(summary).toMatch(/^[a-z]/);
  });

  test('lists every option that it takes', async () => {
    const { help } = (await import(`../../lib/cli/${name}.ts`)) as Verb;
    const source = readFileSync(join(ROOT, `lib/cli/${name}.ts`), 'utf8');
    const options = [...source.matchAll(/^ *(?:options: \{ )?(?:'([\w-]+)'|(\w+)): \{ type: '(?:string|boolean)'/gm)];
    for (const [, quoted, plain] of options) expect(help).toContain(`--${quoted ?? plain}`);
  });
});

describe('docs/operating.md', () => {
  const text = readFileSync(join(ROOT, 'docs/operating.md'), 'utf8');

  test.each(verbs)('names %s', (verb) => expect(text).toMatch(new RegExp(`\`${verb}[ \`]`)));

  test('names every runbook', () => {
    for (const page of globSync('docs/runbooks/*.md', { cwd: ROOT })) expect(text).toContain(`(${page.slice(5)})`);
  });

  test('names what grantAudit allows, and no other action', () => {
    const issuer = issuerIn().issuer;
    issuer.grantAudit(new Role(issuer, 'Auditor', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
    issuer.grantOperate(new Role(issuer, 'Operator2', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
    const granted = statementsOf(Template.fromStack(Stack.of(issuer)))
      .filter(({ owner }) => /^Issuer(Auditor|Operator2)/.test(owner))
      .flatMap(({ actions }) => actions.filter((action) => action !== 'sts:AssumeRole'));
    const named = [...text.matchAll(/`([a-z0-9]+:[A-Z]\w+)`/g)].map(([, action]) => action);
    expect([...new Set(named)].sort()).toEqual([...new Set(granted)].sort());
  });
});
