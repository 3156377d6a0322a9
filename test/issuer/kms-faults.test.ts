import { DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { expect, type onTestFinished, test } from 'vitest';
import { type Issuer, type Problem, startSigning } from '../functions/issuer.ts';

// Each with a stack of its own, all at once: what takes long here is waiting.

interface Warm {
  readonly issuer: Issuer;
  /** Of the key that signs. */
  readonly KeyId: string;
}

async function start(onFinished: typeof onTestFinished): Promise<Warm> {
  const issuer = await startSigning({ config: { algorithm: 'ES256' } });
  onFinished(() => issuer.close());
  let KeyId = '';
  issuer.before = ({ operation, input }) => {
    if (operation === 'Sign') KeyId = String(input.KeyId);
    return undefined;
  };
  await issuer.sign();
  issuer.before = undefined;
  issuer.calls.length = 0;
  return { issuer, KeyId };
}

const kms = ({ awsEndpointUrl: endpoint }: Issuer) =>
  new KMSClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'AKIALOCALme', secretAccessKey: 'x' } });

async function refused(issuer: Issuer) {
  const started = Date.now();
  const response = await issuer.post({ audience: 'a', claims: { sub: 's' } });
  const { code } = (await response.json()) as Problem;
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const retryAfter = response.headers.get('retry-after');
  return { code, status: response.status, retryAfter, seconds: (Date.now() - started) / 1000 };
}

test.concurrent('an active key that somebody disables: 503 at once, and the next tick says so', async ({
  onTestFinished,
}) => {
  const { issuer, KeyId } = await start(onTestFinished);
  await kms(issuer).send(new DisableKeyCommand({ KeyId }));
  issuer.calls.length = 0;
  expect(await refused(issuer)).toMatchObject({ status: 503, code: 'key_unusable', retryAfter: '5' });
  // The signer looks once whether another key signs by now, and tries once more.
  expect(issuer.calls).toEqual(['sign kms.Sign', 'sign dynamodb.GetItem', 'sign kms.Sign']);

  const { holds, steps } = await issuer.report();
  expect(steps).toEqual([]);
  expect(holds.map(({ kind }) => kind).sort()).toEqual(['active-key', 'rotation']);
  for (const { why } of holds) expect(why).toMatch(/^active key \S+ is unusable in KMS/);
  const lines = issuer.lines.filter(({ name, line }) => name === 'rotate' && line.includes('"hold"'));
  expect(lines).toHaveLength(2);

  await kms(issuer).send(new EnableKeyCommand({ KeyId }));
  await issuer.sign();
  expect(await issuer.report()).toMatchObject({ steps: [], holds: [] });
});

test.concurrent('KMS throttles: 429, and the caller is told when to come again', async ({ onTestFinished }) => {
  const { issuer } = await start(onTestFinished);
  issuer.before = ({ operation }) =>
    operation === 'Sign' ? { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' } : undefined;
  const { seconds, ...answer } = await refused(issuer);
  expect(answer).toEqual({ status: 429, code: 'throttled', retryAfter: '1' });
  expect(seconds).toBeLessThan(5);
  // What is throttled is not to be asked more often.
  expect(issuer.calls).toEqual(['sign kms.Sign']);
  issuer.before = undefined;
  await issuer.sign();
});

test.concurrent.for(['drop', 'drop-after'] as const)(
  'KMS closes the connection (%s): 503 without a hang',
  async (fault, { onTestFinished }) => {
    const { issuer } = await start(onTestFinished);
    issuer.before = ({ operation }) => (operation === 'Sign' ? fault : undefined);
    const { seconds, ...answer } = await refused(issuer);
    expect(answer).toEqual({ status: 503, code: 'kms_unavailable', retryAfter: '5' });
    expect(seconds).toBeLessThan(5);
    issuer.before = undefined;
    await issuer.sign();
  },
);

test.concurrent('KMS fails: 503, and one lost answer costs the caller nothing', async ({ onTestFinished }) => {
  const { issuer } = await start(onTestFinished);
  issuer.before = ({ operation }) =>
    operation === 'Sign' ? { status: 500, code: 'KMSInternalException', message: 'The request failed' } : undefined;
  expect(await refused(issuer)).toMatchObject({ status: 503, code: 'kms_unavailable', retryAfter: '5' });
  let failures = 1;
  issuer.before = ({ operation }) => (operation === 'Sign' && failures-- > 0 ? 'drop' : undefined);
  await issuer.sign();
});

test.concurrent('KMS does not answer: 503 before the caller gives up', async ({ onTestFinished }) => {
  const { issuer } = await start(onTestFinished);
  const { promise: forEver, resolve: end } = Promise.withResolvers<undefined>();
  issuer.before = ({ operation }) => (operation === 'Sign' ? forEver : undefined);
  const { seconds, ...answer } = await refused(issuer);
  end(undefined);
  expect(answer).toEqual({ status: 503, code: 'kms_unavailable', retryAfter: '5' });
  expect(seconds).toBeLessThan(10);
});

test.concurrent('one answer of KMS that does not come costs a retry, and not the token', async ({ onTestFinished }) => {
  const { issuer } = await start(onTestFinished);
  const { promise: forEver, resolve: end } = Promise.withResolvers<undefined>();
  let slow = 1;
  issuer.before = ({ operation }) => (operation === 'Sign' && slow-- > 0 ? forEver : undefined);
  const started = Date.now();
  await issuer.sign();
  const seconds = (Date.now() - started) / 1000;
  end(undefined);
  expect(issuer.calls).toEqual(['sign kms.Sign', 'sign kms.Sign']);
  // requestTimeout, and then the second answer.
  expect(seconds).toBeGreaterThan(2.9);
  expect(seconds).toBeLessThan(8);
});

test.concurrent('the table cannot be read: who has a young keyring signs on, who has none answers 503', async ({
  onTestFinished,
}) => {
  const { issuer } = await start(onTestFinished);
  issuer.before = ({ service }) =>
    service === 'dynamodb' ? { status: 500, code: 'InternalServerError', message: 'Internal server error' } : undefined;
  await issuer.sign();
  issuer.lambda.kill('sign');
  const { seconds, ...answer } = await refused(issuer);
  expect(answer).toEqual({ status: 503, code: 'keyring_unreadable', retryAfter: '5' });
  expect(seconds).toBeLessThan(5);
});
