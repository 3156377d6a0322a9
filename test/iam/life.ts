/** The lives of issuers in a few seconds: every kind of call that the functions make, by each that makes it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, vi } from 'vitest';
import type { Keyring } from '../../lib/core/keyring.ts';
import type { AwsCall } from '../../lib/local/wire.ts';
import { keyEvent } from '../cdk/trail-events.ts';
import { type Issuer, startIssuer } from '../functions/issuer.ts';
import { KeyringItem } from '../functions/keyring-item.ts';
import { burn, operate } from '../functions/operating.ts';
import { runFunction } from '../functions/run-function.ts';
import { useGrants } from './grants.ts';
import type { Recorder } from './recorder.ts';

/** No verifier is waited for: what is recorded is who asks what of AWS, and the promise has tests of its own. */
const AT_ONCE = {
  publicationLead: '0s',
  grace: '0s',
  tokenLifetime: '1s',
  maxTokenLifetime: '1s',
  tick: '1s',
  edgeMaxAge: '0s',
  edgeStaleWhileRevalidate: '0s',
  edgeStaleIfError: '0s',
  signerCache: '0s',
  signingLatency: '2s',
  clockSkew: '0s',
  verifierLeeway: '0s',
  verifiers: ['jose'],
  unsafeWindows: true,
};

async function live(
  recorder: Recorder,
  stands: 'Issuer' | 'Other',
  config: object,
  life: (issuer: Issuer) => Promise<void>,
): Promise<void> {
  const unrecorded: unknown[] = [];
  const onCall = (call: AwsCall) => {
    try {
      recorder.record(call, issuer, stands);
    } catch (error) {
      unrecorded.push(error);
    }
  };
  const issuer: Issuer = await startIssuer({
    config: { ...AT_ONCE, ...config },
    signers: 1,
    events: stands === 'Issuer',
    page: stands === 'Issuer',
    hooks: { onCall },
  });
  await life(issuer)
    .catch((error: unknown) => unrecorded.push(error))
    .finally(() => issuer.close());
  // The first one is why the others are.
  if (unrecorded.length > 0) throw unrecorded[0];
}

/** Deployed, lost and recovered, rotated, swept and burned, until a key is scheduled for deletion. */
export const wholeLife = (recorder: Recorder): Promise<void> =>
  live(recorder, 'Issuer', { algorithm: 'ES256' }, async (issuer) => {
    const table = new KeyringItem(issuer);
    const tick = async () => (await issuer.report()).steps.map(({ step }) => step);
    const rotateNow = async () =>
      (await operate(issuer, { operation: 'rotate', reason: 'key ceremony' })).steps.map(({ step }) => step);

    await deploy(issuer);
    await table.delete();
    issuer.s3.delete('public/.well-known/openid-configuration');
    await operate(issuer, { operation: 'recover' });
    expect(await rotateNow()).toContain('activate');
    const { kid } = await issuer.sign();
    for (const operation of ['retain', 'release']) await operate(issuer, { operation, kid });

    await addOrphan(issuer, await table.keyring());
    expect(await tick()).toContain('sweep');
    await addOrphan(issuer, await table.keyring());
    expect(await rotateNow()).toContain('sweep');

    await burn(issuer, { kid: (await issuer.sign()).kid });
    await issuer.sign();
    await watch(issuer);
    await useGrants(issuer, ['caller', 'person', 'reader', 'auditor']);
    await vi.waitFor(async () => expect(await tick()).toContain('destroy'), { timeout: 10_000, interval: 200 });
  });

/** First key and tokens, of an issuer with clients and an algorithm that hashes for itself. */
export const lifeWithClients = (recorder: Recorder): Promise<void> => {
  const client = { audiences: ['orders-api'] };
  return live(
    recorder,
    'Other',
    { algorithm: 'EdDSA', clients: { orders: client, billing: client } },
    async (issuer) => {
      await issuer.report();
      await useGrants(issuer, ['orders', 'billing']);
    },
  );
};

/** As CloudFormation does at the end of the first deployment. */
async function deploy(issuer: Issuer): Promise<void> {
  const cloudFormation = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
  await once(cloudFormation, 'listening');
  const environment = {
    KEYTURN_ISSUER: issuer.policy.issuer,
    KEYTURN_EDGE_URL: issuer.url,
    KEYTURN_SIGN_FUNCTION: 'sign',
    KEYTURN_ROTATE_FUNCTION: 'rotate',
  };
  const { port } = cloudFormation.address() as AddressInfo;
  const event = { RequestType: 'Create', ResponseURL: `http://127.0.0.1:${port}`, ResourceProperties: {} };
  await runFunction(issuer, 'deploy', environment, event).finally(() => cloudFormation.close());
}

/** As EventBridge does when somebody has touched a key. */
async function watch(issuer: Issuer): Promise<void> {
  const environment = { KEYTURN_ISSUER: issuer.policy.issuer, KEYTURN_TABLE: 'keyturn' };
  await runFunction(issuer, 'watch', environment, keyEvent('DisableKey'));
}

/** What a tick that crashed an hour ago has left: a key of an intent that is closed by now. */
async function addOrphan({ kms, policy }: Issuer, { id, keys }: Keyring): Promise<void> {
  const like = kms.operations.GetKeyPolicy?.({ KeyId: keys[0]?.keyArn });
  const { Policy } = like as { Policy: string };
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
  await kms.operations.CreateKey?.({
    KeySpec: 'ECC_NIST_P256',
    KeyUsage: 'SIGN_VERIFY',
    Policy,
    Tags: [
      { TagKey: 'keyturn:issuer', TagValue: policy.issuer },
      { TagKey: 'keyturn:intent', TagValue: `${id}.crashed` },
      { TagKey: 'keyturn:algorithm', TagValue: 'ES256' },
    ],
  });
  now.mockRestore();
}
