/** The apps of docs/verifiers: they compile, they synthesize, CDK's own validation takes them, they say what they should. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PAGES, URL_OF_ISSUER } from './aws-pages.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** What a snippet takes for granted. */
const AROUND = `
  import { App, Stack } from 'aws-cdk-lib';
  import { TokenIssuer } from '../../../lib/cdk/index.ts';
  const { context } = JSON.parse(${JSON.stringify(read('cdk.json'))});
  export const app = new App({ context });
  export const stack = new Stack(app, 'Tokens', { env: { account: '111122223333', region: 'eu-central-1' } });
`;
const issuerFor = (verifier: string) =>
  `const issuer = new TokenIssuer(stack, 'Issuer', { issuer: '${URL_OF_ISSUER}', verifiers: ['${verifier}'] });\n`;

const directory = mkdtempSync(join(ROOT, 'test/interop/.pages-'));
let complaints: string;
beforeAll(async () => {
  writeFileSync(join(directory, 'schema.graphql'), 'type Query { orders: String }');
  mkdirSync(join(directory, 'dist', 'guard'), { recursive: true });
  for (const [page, { before = '' }] of Object.entries(PAGES)) {
    const [, snippet = ''] = /^```ts\n(.*?)^```/ms.exec(read(`docs/verifiers/${page}.md`)) ?? [];
    const code = snippet.replace(/'(schema\.graphql|dist\/guard)'/, (_, path) => JSON.stringify(join(directory, path)));
    writeFileSync(join(directory, `${page}.ts`), AROUND + issuerFor(page) + before + code);
  }
  const config = join(directory, 'tsconfig.json');
  const compilerOptions = { noUnusedLocals: false, exactOptionalPropertyTypes: false };
  const files = Object.keys(PAGES).map((page) => `${page}.ts`);
  writeFileSync(config, JSON.stringify({ extends: '../../../tsconfig.json', compilerOptions, include: [], files }));
  complaints = await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', config]).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

test('they are of the right types', () => expect(complaints).toBe(''));

test.each(Object.entries(PAGES))('%s', async (page, { has, waits = false }) => {
  const { app, stack } = await import(pathToFileURL(join(directory, `${page}.ts`)).href);
  // Throws on whatever CDK's validation calls an error.
  (app as App).synth();
  const template = Template.fromStack(stack);
  for (const [type, properties] of has) template.hasResourceProperties(type, properties);
  if (!waits) return;
  const [deployment = ''] = Object.keys(template.findResources('Custom::KeyturnDeployment'));
  template.hasResource(has[0]?.[0] ?? '', { DependsOn: Match.arrayWith([deployment]) });
});
