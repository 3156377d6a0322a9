/** The callers of examples/ against the shipped bundles: a cache, a rotation, a fault, a refusal. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Issuer, SHORT, startIssuer } from '../functions/issuer.ts';
import { type Sent, signatureFault } from '../sdk/client/sigv4.ts';
import { type Built, example, type Language } from './languages.ts';
import { Listener } from './listener.ts';
import { Running } from './running.ts';

/**
 * A token lives twenty seconds: it is kept for fourteen, and used for eighteen where no other is to be had. Between the two a
 * busy machine has its time.
 */
const LIFE = { tokenLifetime: '20s', maxTokenLifetime: '20s', grace: '30s' };
const clients = { orders: { audiences: ['orders-api'] } };
const SCOPE = { accessKeyId: 'AKIDEXAMPLE', region: 'us-east-1', service: 'lambda' };
const REQUEST = { audience: 'orders-api', claims: { sub: 'svc:checkout' } };
/** The tests of one language, or why there are none. */
export function callerIn(language: Language): void {
  const missing = language.missing();
  describe.skipIf(missing)(missing ? `${language.name}: skipped, ${missing}` : language.name, () => tried(language));
}

function tried({ name, caller, byUrl, build }: Language): void {
  test('is at most 40 lines', () => {
    const lines = example(name, caller).split('\n');
    const code = lines.filter((line) => !/^\s*(?:$|\/\/|\/\*|\*|#|""")/.test(line));
    expect(code.length).toBeLessThanOrEqual(40);
  });

  let issuer: Issuer;
  let built: Built;
  let environment: Record<string, string>;
  beforeAll(async () => {
    issuer = await startIssuer({ config: { ...SHORT, ...LIFE, clients } });
    await issuer.report();
    const invoking = {
      SIGN_FUNCTION: 'sign:orders',
      AWS_ENDPOINT_URL: issuer.awsEndpointUrl,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    };
    environment = byUrl ? { SIGN_URL: `${issuer.url}/sign/orders` } : invoking;
    const [, snippet = ''] = /^```(?:python|go|java)\n(.*?)^```/ms.exec(example(name, 'README.md')) ?? [];
    const here = snippet.replace('http://localhost:4790/sign', `${issuer.url}/sign/orders`);
    built = await build(here.replace('Keyturn-Sign:checkout', 'sign:orders'));
  });
  afterAll(() => issuer?.close());

  const signatures = () => issuer.calls.filter((call) => call === 'sign kms.Sign').length;
  const verified = async (token: string | undefined) => {
    const keys = createRemoteJWKSet(new URL(`${issuer.url}/.well-known/jwks.json`));
    const options = { issuer: issuer.policy.issuer, audience: 'orders-api' };
    return (await jwtVerify(token ?? '', keys, options)).protectedHeader.kid;
  };

  test('a rotation, and a fault of KMS, cost nobody a token', async () => {
    const running = new Running(built.main, [JSON.stringify(REQUEST)], environment);
    /** The token that all of them get, when it was asked for, and what that cost. */
    const ask = async (times: number) => {
      const before = signatures();
      const askedAt = Date.now();
      const [token = '', ...others] = await running.ask(times);
      expect(others).toEqual([]);
      return { token, askedAt, cost: signatures() - before };
    };
    // The standby has had its lead when the rotation is asked for.
    await sleep(3500);
    const first = await ask(20);
    const answeredAt = Date.now();
    expect([first.cost, await running.ask()]).toEqual([1, [first.token]]);
    const old = await verified(first.token);

    await issuer.invoke('operate', { operation: 'rotate', reason: 'test' });
    await issuer.report();
    expect(await running.ask()).toEqual([first.token]);
    expect(await verified(first.token)).toBe(old);
    await sleep(answeredAt + 14_200 - Date.now());
    const second = await ask(20);
    expect(second.cost).toBe(1);
    expect(await verified(second.token)).not.toBe(old);

    issuer.before = ({ operation }) =>
      operation === 'Sign' ? { status: 400, code: 'ThrottlingException', message: 'told to' } : undefined;
    await sleep(second.askedAt + 14_400 - Date.now());
    // The old one is still good, and nobody asks again so soon.
    expect((await ask(1)).token).toBe(second.token);
    expect(await ask(20)).toMatchObject({ token: second.token, cost: 0 });
    await sleep(second.askedAt + 18_300 - Date.now());
    expect((await ask(1)).token).toContain('refused throttled: KMS is throttling this account');
    issuer.before = undefined;
    await verified((await ask(1)).token);
    await running.end();
    expect(running.stderr).toBe('');
  });

  test('a refusal has its code, and reaches no KMS', async () => {
    const running = new Running(built.main, [JSON.stringify({ ...REQUEST, audience: 'billing-api' })], environment);
    const before = signatures();
    expect(await running.ask()).toEqual([
      'refused audience_not_allowed: client orders may ask for audience orders-api, got another',
    ]);
    expect(signatures()).toBe(before);
    await running.end();
  });

  test.runIf(byUrl)('its signature is one that AWS takes', async () => {
    const listener = await Listener.start();
    const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'session' };
    const running = new Running(built.main, [JSON.stringify(REQUEST)], { SIGN_URL: `${listener.url}/`, ...keys });
    await running.ask();
    await running.end();
    const [request] = listener.requests as [Sent];
    expect(request.headers['x-amz-security-token']).toBe('session');
    expect(signatureFault(request, { ...SCOPE, secretAccessKey: 'secret' })).toBeUndefined();
    expect(signatureFault({ ...request, body: '{}' }, { ...SCOPE, secretAccessKey: 'secret' })).toBeDefined();
    await listener.close();
  });

  test('the snippet of its README gets a token', async () => {
    const running = new Running(built.snippet, [], environment);
    await verified(await running.line());
    await running.end();
  });
}
