/** The apps of docs/verifiers' AWS pages: they compile, they synthesize, CDK's own validation takes them, they say what they should. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const URL_OF_ISSUER = 'https://auth.example.com';
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

interface Page {
  readonly before?: string;
  readonly type: string;
  readonly properties: object;
  /** Made after the issuer's documents are there. */
  readonly waits?: boolean;
}

const PAGES: Readonly<Record<string, Page>> = {
  alb: {
    before: `
      import { Vpc } from 'aws-cdk-lib/aws-ec2';
      import { ApplicationLoadBalancer, ApplicationProtocol, ApplicationTargetGroup, ListenerCertificate }
        from 'aws-cdk-lib/aws-elasticloadbalancingv2';
      const vpc = new Vpc(stack, 'Vpc');
      const targets = new ApplicationTargetGroup(stack, 'Targets', { vpc, protocol: ApplicationProtocol.HTTP });
      const certificates = [ListenerCertificate.fromArn('arn:aws:acm:eu-central-1:111122223333:certificate/a')];
      const listener = new ApplicationLoadBalancer(stack, 'Alb', { vpc }).addListener('Https', { port: 443, certificates });
    `,
    type: 'AWS::ElasticLoadBalancingV2::Listener',
    properties: {
      Protocol: 'HTTPS',
      DefaultActions: Match.arrayWith([
        Match.objectLike({
          Type: 'jwt-validation',
          JwtValidationConfig: {
            Issuer: URL_OF_ISSUER,
            JwksEndpoint: `${URL_OF_ISSUER}/.well-known/jwks.json`,
            AdditionalClaims: [{ Name: 'aud', Format: 'single-string', Values: ['orders-api'] }],
          },
        }),
      ]),
    },
  },
  'http-api': {
    before: `
      import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
      import { HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
      const api = new HttpApi(stack, 'Api');
      const integration = new HttpUrlIntegration('Orders', 'https://orders.example.com');
    `,
    type: 'AWS::ApiGatewayV2::Authorizer',
    properties: { AuthorizerType: 'JWT', JwtConfiguration: { Issuer: URL_OF_ISSUER, Audience: ['orders-api'] } },
    waits: true,
  },
  'rest-api': {
    before: `
      import { RestApi } from 'aws-cdk-lib/aws-apigateway';
      const api = new RestApi(stack, 'Api');
      api.root.addMethod('GET');
    `,
    type: 'AWS::ApiGateway::Authorizer',
    properties: {
      Type: 'JWT',
      JwtConfiguration: {
        DefaultAlgorithms: ['RS256'],
        Issuers: [{ Issuer: URL_OF_ISSUER, Audiences: ['orders-api'] }],
      },
    },
    waits: true,
  },
  sts: {
    type: 'AWS::IAM::Role',
    properties: {
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: { 'auth.example.com:aud': 'sts.amazonaws.com', 'auth.example.com:sub': 'svc:deployer' },
            },
          }),
        ],
      }),
    },
  },
  appsync: {
    type: 'AWS::AppSync::GraphQLApi',
    properties: {
      AuthenticationType: 'OPENID_CONNECT',
      OpenIDConnectConfig: { Issuer: URL_OF_ISSUER, ClientId: '^orders-api$' },
    },
    waits: true,
  },
};

const directory = mkdtempSync(join(ROOT, 'test/interop/.pages-'));
let complaints: string;
beforeAll(async () => {
  writeFileSync(join(directory, 'schema.graphql'), 'type Query { orders: String }');
  for (const [page, { before = '' }] of Object.entries(PAGES)) {
    const [, snippet = ''] = /^```ts\n(.*?)^```/ms.exec(read(`docs/verifiers/${page}.md`)) ?? [];
    const code = snippet.replace("'schema.graphql'", JSON.stringify(join(directory, 'schema.graphql')));
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

test.each(Object.entries(PAGES))('%s', async (page, { type, properties, waits = false }) => {
  const { app, stack } = await import(pathToFileURL(join(directory, `${page}.ts`)).href);
  // Throws on whatever CDK's validation calls an error.
  (app as App).synth();
  const template = Template.fromStack(stack);
  template.hasResourceProperties(type, properties);
  if (!waits) return;
  const [deployment = ''] = Object.keys(template.findResources('Custom::KeyturnDeployment'));
  template.hasResource(type, { DependsOn: Match.arrayWith([deployment]) });
});
