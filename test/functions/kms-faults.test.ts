import { DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterEach, expect, test } from 'vitest';
import { type Issuer, type Problem, startSigning } from './issuer.ts';

let issuer: Issuer;
/** Of the key that signs. */
let KeyId: string;
async function start(): Promise<void> {
  issuer = await startSigning();
  issuer.before = ({ operation, input }) => {
    if (operation === 'Sign') KeyId = String(input.KeyId);
    return undefined;
  };
  await issuer.sign();
  issuer.calls.length = 0;
}
afterEach(() => issuer?.close());

const kms = () =>
  new KMSClient({
    endpoint: issuer.awsEndpointUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIALOCALsomebody', secretAccessKey: 'x' },
  });

async function refused(): Promise<{ code: string; status: number; retryAfter: string | null; seconds: number }> {
  const started = Date.now();
  const response = await issuer.post({ audience: 'a', claims: { sub: 's' } });
  const { code } = (await response.json()) as Problem;
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const retryAfter = response.headers.get('retry-after');
  return { code, status: response.status, retryAfter, seconds: (Date.now() - started) / 1000 };
}

test('an active key that somebody disables: 503 at once, and the next tick says so', async () => {
  await start();
  await kms().send(new DisableKeyCommand({ KeyId }));
  issuer.calls.length = 0;
  expect(await refused()).toMatchObject({ status: 503, code: 'key_unusable', retryAfter: '5' });
  // The signer looks once whether another key signs by now, and tries once more.
  expect(issuer.calls).toEqual(['sign kms.Sign', 'sign dynamodb.GetItem', 'sign kms.Sign']);

  const { holds, steps } = await issuer.report();
  expect(steps).toEqual([]);
  expect(holds.map(({ kind }) => kind).sort()).toEqual(['active-key', 'rotation']);
  for (const { why } of holds) expect(why).toMatch(/^active key \S+ is unusable in KMS/);
  const lines = issuer.lines.filter(({ name, line }) => name === 'rotate' && line.includes('"hold"'));
  expect(lines).toHaveLength(2);

  await kms().send(new EnableKeyCommand({ KeyId }));
  await issuer.sign();
  expect(await issuer.report()).toMatchObject({ steps: [], holds: [] });
});

test('KMS throttles: 429, and the caller is told when to come again', async () => {
  await start();
  issuer.before = ({ operation }) =>
    operation === 'Sign' ? { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' } : undefined;
  const { seconds, ...answer } = await refused();
  expect(answer).toEqual({ status: 429, code: 'throttled', retryAfter: '1' });
  expect(seconds).toBeLessThan(3);
  // The SDK tries twice and the signer not again: what is throttled is not to be asked more often.
  expect(issuer.calls).toEqual(['sign kms.Sign', 'sign kms.Sign']);
  issuer.before = undefined;
  await issuer.sign();
});

test.for(['drop', 'drop-after'] as const)('KMS closes the connection (%s): 503 without a hang', async (fault) => {
  await start();
  issuer.before = ({ operation }) => (operation === 'Sign' ? fault : undefined);
  const { seconds, ...answer } = await refused();
  expect(answer).toEqual({ status: 503, code: 'kms_unavailable', retryAfter: '5' });
  expect(seconds).toBeLessThan(3);
  issuer.before = undefined;
  await issuer.sign();
});

test('KMS fails: 503, and one lost answer costs the caller nothing', async () => {
  await start();
  issuer.before = ({ operation }) =>
    operation === 'Sign' ? { status: 500, code: 'KMSInternalException', message: 'The request failed' } : undefined;
  expect(await refused()).toMatchObject({ status: 503, code: 'kms_unavailable', retryAfter: '5' });
  let failures = 1;
  issuer.before = ({ operation }) => (operation === 'Sign' && failures-- > 0 ? 'drop' : undefined);
  await issuer.sign();
});

test('KMS does not answer: 503 before the caller gives up', async () => {
  await start();
  const { promise: forEver, resolve: end } = Promise.withResolvers<undefined>();
  issuer.before = ({ operation }) => (operation === 'Sign' ? forEver : undefined);
  const { seconds, ...answer } = await refused();
  end(undefined);
  expect(answer).toEqual({ status: 503, code: 'kms_unavailable', retryAfter: '5' });
  expect(seconds).toBeLessThan(8);
});

test('the table cannot be read: who has a young keyring signs on, who has none answers 503', async () => {
  await start();
  issuer.before = ({ service }) =>
    service === 'dynamodb' ? { status: 500, code: 'InternalServerError', message: 'Internal server error' } : undefined;
  await issuer.sign();
  issuer.lambda.kill('sign');
  const { seconds, ...answer } = await refused();
  expect(answer).toEqual({ status: 503, code: 'keyring_unreadable', retryAfter: '5' });
  expect(seconds).toBeLessThan(5);
});
