import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, inject, test } from 'vitest';
import { ROOT, run } from './run.ts';

const app = inject('app');
const source = readFileSync(join(app, 'app.ts'), 'utf8');
const commonJs = source.replaceAll(/^import (\{.*\}) from (.*);$/gm, 'const $1 = require($2);');

// All that the path leads to is Node: no esbuild, no Docker.
const bin = join(app, 'bin');
mkdirSync(bin, { recursive: true });
symlinkSync(process.execPath, join(bin, 'node'));
const env = {
  PATH: bin,
  HOME: app,
  NODE_OPTIONS: '--preserve-symlinks --preserve-symlinks-main',
  CDK_DISABLE_CLI_TELEMETRY: '1',
};
const node = (...args: string[]) => run('node', args, { cwd: app, env });
const synth = (...options: string[]) =>
  node('node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--no-notices', ...options);

const template = (outdir: string) =>
  JSON.parse(readFileSync(join(app, outdir, 'Tokens.template.json'), 'utf8')) as unknown;
const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('the example', () => {
  test('is ten lines', () => {
    const lines = source.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//'));
    expect(lines.length).toBeLessThanOrEqual(10);
  });

  test('finds no esbuild', async () => {
    for (const from of ['aws-cdk-lib', 'constructs', 'keyturn']) {
      const script = `require('node:module').createRequire(require.resolve('${from}')).resolve('esbuild')`;
      await expect(node('-e', script)).rejects.toThrow("Cannot find module 'esbuild'");
    }
  });

  test('synthesizes with the functions of the package', async () => {
    const started = performance.now();
    await synth('--output', 'cdk.out');
    expect(performance.now() - started).toBeLessThan(10_000);
    const assets = globSync('cdk.out/asset.*/index.js', { cwd: app }).map((file) => digest(join(app, file)));
    const built = (name: string) => digest(join(app, 'node_modules/keyturn/dist/functions', name, 'index.js'));
    expect(assets).toEqual(expect.arrayContaining(['sign', 'rotate', 'operate'].map(built)));
  });

  test.each([
    ['CommonJS', 'app.cjs', commonJs],
    ['an ES module', 'app.mjs', source],
  ])('is the same as %s', async (_, file, code) => {
    writeFileSync(join(app, file), code);
    await synth('--output', `${file}.out`, '--app', `node ${file}`);
    expect(template(`${file}.out`)).toEqual(template('cdk.out'));
  });
});

test('the example with an API synthesizes, and the API comes after the issuer', async () => {
  writeFileSync(join(app, 'api.ts'), readFileSync(join(ROOT, 'examples/api-gateway/app.ts')));
  await synth('--output', 'api.out', '--app', 'node api.ts');
  const { Resources } = template('api.out') as {
    Resources: Record<string, { Type: string; Properties: Record<string, unknown>; DependsOn?: string[] }>;
  };
  const ids = (type: string) => Object.keys(Resources).filter((id) => Resources[id]?.Type === type);
  const [authorizer = ''] = ids('AWS::ApiGatewayV2::Authorizer');
  expect(Resources[authorizer]?.Properties.JwtConfiguration).toEqual({
    Audience: ['orders-api'],
    Issuer: 'https://auth.example.com',
  });
  expect(Resources[authorizer]?.DependsOn).toEqual(expect.arrayContaining(ids('Custom::KeyturnDeployment')));
  const aliases = ids('AWS::Lambda::Alias').map((id) => Resources[id]?.Properties.Name);
  expect(aliases.sort()).toEqual(['canary', 'checkout', 'partner']);
});

test('the example at the edge synthesizes: every request is seen before the cache, and no function URL is open', async () => {
  for (const file of ['app', 'settings', 'identity', 'handler', 'origin']) {
    writeFileSync(
      join(app, file === 'app' ? 'edge.ts' : `${file}.ts`),
      readFileSync(join(ROOT, `examples/edge/${file}.ts`)),
    );
  }
  for (const name of ['handler', 'origin']) {
    const outfile = join(app, 'dist', name, `${name}.mjs`);
    const options = { bundle: true, platform: 'node', target: 'node24', format: 'esm' } as const;
    await build({ ...options, entryPoints: [join(app, `${name}.ts`)], outfile });
  }
  await synth('--output', 'edge.out', '--app', 'node edge.ts');
  const { Resources } = template('edge.out') as {
    Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  };
  const of = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
  expect(of('AWS::CloudFront::Distribution').map(({ Properties }) => Properties.DistributionConfig)).toContainEqual(
    expect.objectContaining({
      DefaultCacheBehavior: expect.objectContaining({
        LambdaFunctionAssociations: [expect.objectContaining({ EventType: 'viewer-request' })],
        ViewerProtocolPolicy: 'https-only',
      }),
    }),
  );
  const urls = of('AWS::Lambda::Url').map(({ Properties }) => Properties.AuthType);
  expect(new Set(urls)).toEqual(new Set(['AWS_IAM']));
  // Lambda@Edge refuses a function with any.
  const atEdge = of('AWS::Lambda::Function').filter(({ Properties }) => Properties.Handler === 'handler.handler');
  expect(atEdge.map(({ Properties }) => [Properties.MemorySize, Properties.Timeout, Properties.Environment])).toEqual([
    [128, 5, undefined],
  ]);
});

describe('the declarations', () => {
  const TYPES = `
    import { App, Duration, Stack } from 'aws-cdk-lib';
    import { TokenIssuer, type TokenIssuerProps } from 'keyturn';
    const props: TokenIssuerProps = { issuer: 'https://auth.example.com', rotationPeriod: Duration.days(30) };
    const issuer = new TokenIssuer(new Stack(new App()), 'Issuer', props);
    export const algorithm: 'RS256' | undefined = issuer.policy.algorithm === 'RS256' ? 'RS256' : undefined;
    export const role: string = issuer.roles.signer.roleArn;
    // @ts-expect-error nobody verifies with it
    new TokenIssuer(new Stack(new App()), 'Issuer', { ...props, verifiers: ['no-such-verifier'] });
    // @ts-expect-error it has no such member
    issuer.noSuchMember;
  `;

  test.each([
    ['nodenext', 'nodenext'],
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ])('with module %s and moduleResolution %s', async (module, moduleResolution) => {
    const directory = join(app, `types-${module}`);
    mkdirSync(directory);
    // As the module that package.json says it is, and as CommonJS.
    for (const file of ['index.mts', 'index.cts']) writeFileSync(join(directory, file), TYPES);
    writeFileSync(
      join(directory, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { module, moduleResolution, strict: true, noEmit: true, types: ['node'] } }),
    );
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    await run(process.execPath, [tsc, '-p', directory], { cwd: dirname(tsc) });
  });
});
