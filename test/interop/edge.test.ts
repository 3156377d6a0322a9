/** examples/edge against a running issuer: its bundles as CloudFront and its origin run them. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type {
  CloudFrontHeaders,
  CloudFrontRequest,
  CloudFrontRequestEvent,
  CloudFrontResultResponse,
} from 'aws-lambda';
import { build } from 'esbuild';
import { createVerifier } from 'keyturn/verifier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identify } from '../../examples/edge/identity.ts';
import { greet } from '../../examples/edge/origin.ts';
import { settings } from '../../examples/edge/settings.ts';
import { type Issuer, startSigning } from '../functions/issuer.ts';
import { burn } from '../functions/operating.ts';

const header = (key: string, ...values: string[]): CloudFrontHeaders => ({
  [key.toLowerCase()]: values.map((value) => ({ key, value })),
});
const bearer = (...tokens: string[]) => header('Authorization', ...tokens.map((token) => `Bearer ${token}`));
const eventOf = (headers: CloudFrontHeaders) => {
  const request = { clientIp: '192.0.2.1', method: 'GET', uri: '/orders', querystring: '', headers };
  return { Records: [{ cf: { request } }] } as unknown as CloudFrontRequestEvent;
};
/** As they arrive at the origin. */
const sent = ({ headers }: CloudFrontRequest): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, [first]]) => [name, first?.value ?? '']));

describe('the example at the edge', () => {
  let issuer: Issuer;
  let edge: ReturnType<typeof identify>;
  let origin: ReturnType<typeof greet>;
  beforeAll(async () => {
    issuer = await startSigning({ config: { algorithm: 'RS256' } });
    const options = { ...settings, issuer: issuer.policy.issuer, keysMaxAge: 1, keysCooldown: 1 };
    edge = identify(createVerifier(options));
    origin = greet(createVerifier(options));
  });
  afterAll(() => issuer.close());

  const request = (claims: object = {}) => ({ audience: settings.audience, claims: { sub: 'svc:käse', ...claims } });
  const refusal = async (headers: CloudFrontHeaders) => {
    const { status, headers: answered } = (await edge(eventOf(headers))) as CloudFrontResultResponse;
    return [status, answered?.['www-authenticate']?.[0]?.value?.split(',')[0]];
  };

  test('tells the origin who asks, and does not let the viewer say it', async () => {
    const { token } = await issuer.sign(request());
    const passed = (await edge(
      eventOf({
        ...bearer(token),
        ...header('Accept', '*/*'),
        ...header('Identity-Subject', 'admin'),
        ...header('Identity-Token', 'forged'),
        ...header('Identity-Role', 'admin'),
        ...header('identity_subject', 'admin'),
      }),
    )) as CloudFrontRequest;
    expect(sent(passed)).toEqual({ accept: '*/*', 'identity-token': token, 'identity-subject': 'svc%3Ak%C3%A4se' });
    expect(passed.headers['identity-token']).toHaveLength(1);
    expect(await origin({ headers: sent(passed) })).toEqual({ statusCode: 200, body: 'hello svc:käse' });
  });

  test('whoever gets around it has to have a token all the same', async () => {
    const billing = await issuer.sign({ ...request(), audience: 'billing' });
    const around = (headers: Record<string, string>) => origin({ headers });
    expect(await around({ 'identity-subject': 'admin' })).toEqual({ statusCode: 401, body: 'token_malformed' });
    expect(await around({ 'identity-token': billing.token })).toMatchObject({ body: 'audience_mismatch' });
  });

  test('no token, two, one for somebody else', async () => {
    const [{ token }, other] = [await issuer.sign(request()), await issuer.sign({ ...request(), audience: 'billing' })];
    expect(await refusal({})).toEqual(['401', 'Bearer realm="api"']);
    expect(await refusal(bearer(token, token))).toEqual(['400', 'Bearer error="invalid_request"']);
    expect(await refusal(bearer(other.token))).toEqual(['401', 'Bearer error="invalid_token"']);
  });

  test('a burned key', async () => {
    const { token } = await issuer.sign(request());
    expect(await edge(eventOf(bearer(token)))).toHaveProperty('uri');
    await burn(issuer, { all: true });
    await expect.poll(async () => (await refusal(bearer(token)))[0], { timeout: 60_000 }).toBe('401');
  });
});

describe.each<[string, unknown]>([
  ['handler', eventOf({})],
  ['origin', { headers: {} }],
])('%s.ts', (name, event) => {
  test('bundled, is within what CloudFront takes, and lets nobody through', async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL(`../../examples/edge/${name}.ts`, import.meta.url))],
      alias: { 'keyturn/verifier': fileURLToPath(new URL('../../lib/sdk/verifier/index.ts', import.meta.url)) },
      ...{ bundle: true, minify: true, platform: 'node', target: 'node24', format: 'esm', write: false },
    });
    const [{ text = '' } = {}] = outputFiles;
    // With a viewer request it may have 1 MB.
    expect(gzipSync(text).byteLength).toBeLessThan(30_000);
    expect(text).not.toContain('process.env');
    // Both have five seconds.
    expect(text).toContain('keysTimeout:2');
    const { handler } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
    const { status, statusCode = status } = await handler(event);
    expect(`${statusCode}`).toBe('401');
  });
});
