/** A burn that fails is heard: a line and the metric of the alarm, whatever it fails at. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { policyToJson } from '../../lib/core/config.ts';
import { type Issuer, startSigning } from './issuer.ts';
import { KeyringItem } from './keyring-item.ts';
import { runFunction } from './run-function.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startSigning({ config: { algorithm: 'ES256' } });
});
afterAll(() => issuer?.close());

function burn(request: object, options: Parameters<typeof runFunction>[4]) {
  const role = 'arn:aws:iam::000000000000:role/keyturn';
  const environment = {
    KEYTURN_POLICY: JSON.stringify(policyToJson(issuer.policy)),
    KEYTURN_TABLE: 'keyturn',
    KEYTURN_BUCKET: 'keyturn-documents',
    KEYTURN_DISTRIBUTION_ID: 'E2LOCALKEYTURN',
    KEYTURN_EDGE_URL: issuer.url,
    KEYTURN_SIGN_FUNCTION: 'sign',
    KEYTURN_SIGNER_ROLE_ARN: `${role}-signer`,
    KEYTURN_ROTATOR_ROLE_ARNS: `${role}-rotator,${role}-operator`,
    KEYTURN_METRICS: 'yes',
  };
  const event = { operation: 'burn', reason: 'laptop stolen', ...request };
  return runFunction(issuer, 'operate', environment, event, options);
}
const failed = { event: 'burn-failed', Burned: 1 };

test('what was asked for and cannot be is no failure: nothing was done', async () => {
  for (const request of [{ kid: 'nobody' }, {}, { all: true, more: 1 }]) {
    expect(await burn(request, { fails: true })).toEqual([]);
  }
});

test('a burn that has found no end before its time is over: KMS keys may be disabled and nothing saved', async () => {
  issuer.before = ({ service, operation }) =>
    service === 'dynamodb' && operation === 'PutItem'
      ? { status: 400, code: 'AccessDeniedException', message: 'told to' }
      : undefined;
  const lines = await burn({ all: true }, { fails: true, timeoutSeconds: 5 });
  expect(lines).toMatchObject([{ ...failed, issuer: issuer.policy.issuer, code: 'time_out' }]);
  issuer.before = undefined;
});

test('a burn that fails, with its code', async () => {
  await new KeyringItem(issuer).delete();
  issuer.before = ({ service, operation }) =>
    service === 's3' && operation === 'GetObject' ? { status: 404, code: 'NoSuchKey', message: 'told to' } : undefined;
  const lines = await burn({ all: true }, { fails: true });
  expect(lines).toMatchObject([
    { ...failed, code: 'keyring_missing', why: expect.stringContaining('nothing to burn') },
  ]);
});
