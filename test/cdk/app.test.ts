/** The app that cdk.json names, as the CDK CLI runs it: its context, its configuration, and what it refuses. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { CONTEXT } from './synth.ts';

const run = promisify(execFile);
const APP = new URL('../../bin/app.ts', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'keyturn-app-'));
afterAll(() => rmSync(directory, { recursive: true }));

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

async function synth(context: Record<string, string>, config?: object) {
  const cwd = mkdtempSync(join(directory, 'app-'));
  if (config) writeFileSync(join(cwd, 'keyturn.config.json'), JSON.stringify(config));
  const env = {
    ...process.env,
    CDK_OUTDIR: join(cwd, 'cdk.out'),
    CDK_CONTEXT_JSON: JSON.stringify({ ...CONTEXT, ...context }),
  };
  const refused = await run(process.execPath, [APP], { cwd, env }).then(
    () => undefined,
    ({ stderr }: { stderr: string }) => stderr,
  );
  const resources = (): Resource[] =>
    Object.values(JSON.parse(readFileSync(join(cwd, 'cdk.out', 'Keyturn.template.json'), 'utf8')).Resources);
  const of = (type: string) => resources().filter(({ Type }) => Type === type);
  return { refused, of };
}

const ISSUER = { issuer: 'https://auth.example.com' };

test.concurrent('one issuer by its context, and findings of cdk-nag or CDK would end it', async () => {
  const { refused, of } = await synth(ISSUER);
  expect(refused).toBeUndefined();
  expect(of('AWS::Lambda::Alias').map(({ Properties }) => Properties.Name)).toEqual(['any', 'canary']);
  expect(of('AWS::DynamoDB::Table')[0]?.DeletionPolicy).toBe('Retain');
});

test.concurrent('windows and clients by keyturn.config.json, a domain and what is to be kept by its context', async () => {
  const role = 'arn:aws:iam::444455556666:role/orders';
  const { refused, of } = await synth(
    {
      domainName: 'auth.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/a',
      removalPolicy: 'destroy',
    },
    { rotationPeriod: '30d', clients: { orders: { audiences: ['orders-api'], maxLifetime: '5m', role } } },
  );
  expect(refused).toBeUndefined();
  expect(
    of('AWS::Lambda::Alias')
      .map(({ Properties }) => Properties.Name)
      .sort(),
  ).toEqual(['canary', 'orders']);
  expect(of('AWS::Lambda::Permission').map(({ Properties }) => Properties.Principal)).toEqual([role, role]);
  expect(of('AWS::DynamoDB::Table')[0]?.DeletionPolicy).toBe('Delete');
  expect(JSON.stringify(of('AWS::Lambda::Function'))).toContain('"rotationPeriod\\":\\"30d');
  expect(JSON.stringify(of('AWS::CloudFront::Distribution'))).toContain('"Aliases":["auth.example.com"]');
});

// What is wrong in a policy or a rule is told at length elsewhere; here it only has to get through.
test.concurrent.for([
  [{}, {}, 'issuer must be an https URL, got undefined'],
  [ISSUER, { clients: { orders: { audiences: ['a'] } } }, 'clients.orders.role must be the ARN of a role'],
] as const)('%j with %j is refused', async ([context, config, sentence]) => {
  expect((await synth(context, config)).refused).toContain(sentence);
});
