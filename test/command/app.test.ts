/** The app that cdk.json names, as the CDK CLI runs it: its context, its configuration, and what it refuses. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib';
import { afterAll, expect, test } from 'vitest';
import { readContext } from '../../bin/context.ts';
import { CONTEXT } from '../cdk/synth.ts';

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
  const templates = () => readdirSync(join(cwd, 'cdk.out')).filter((name) => name.endsWith('.template.json'));
  const resources = (): Resource[] =>
    templates().flatMap((name) =>
      Object.values(JSON.parse(readFileSync(join(cwd, 'cdk.out', name), 'utf8')).Resources as object),
    );
  const of = (type: string) => resources().filter(({ Type }) => Type === type);
  return { refused, of, templates };
}

const ISSUER = { issuer: 'https://auth.example.com' };

test.concurrent('one issuer by its context, and findings of cdk-nag or CDK would end it', async () => {
  const { refused, of, templates } = await synth(ISSUER);
  expect(refused).toBeUndefined();
  expect(templates()).toEqual(['Keyturn.template.json']);
  expect(of('AWS::Lambda::Alias').map(({ Properties }) => Properties.Name)).toEqual(['any', 'canary']);
  expect(of('AWS::DynamoDB::Table')[0]?.DeletionPolicy).toBe('Retain');
});

test.concurrent('windows and clients by keyturn.config.json, a domain and what is to be kept by its context', async () => {
  const role = 'arn:aws:iam::444455556666:role/orders';
  const { refused, of, templates } = await synth(
    {
      domainName: 'auth.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/a',
      removalPolicy: 'DESTROY',
      page: 'True',
      stackName: 'Second',
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
  expect(templates()).toEqual(['Second.template.json']);
  expect(of('AWS::DynamoDB::Table')[0]?.DeletionPolicy).toBe('Delete');
  expect(JSON.stringify(of('AWS::Lambda::Function'))).toContain('"KEYTURN_PAGE":"yes"');
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

const read = (context: Record<string, unknown>) => readContext(new App({ context: { ...CONTEXT, ...context } }));

test.for([
  [{ removalPolicy: 'delete' }, '-c removalPolicy must be retain or destroy, got delete'],
  [{ page: 'yes' }, '-c page must be false or true, got yes'],
  [{ domainName: '' }, '-c domainName must have a value, got none'],
  [{ removalpolicy: 'destroy' }, 'there is no -c removalpolicy: the app knows issuer, domainName,'],
] as const)('a slip in the context, %j, is refused', ([context, sentence]) => {
  expect(() => read(context)).toThrow(sentence);
});

test('how a value is written does not matter, nor what CDK keeps there', () => {
  const lookup = { 'hosted-zone:account=111122223333:domainName=example.com:region=us-east-1': {} };
  expect(read({ ...lookup, page: true, removalPolicy: 'Retain' })).toEqual({ page: true, isDestroyed: false });
});
