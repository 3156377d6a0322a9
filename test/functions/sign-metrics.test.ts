/** How long a token took and how long KMS did, in the line of the token where metrics are asked for, and there alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { TimedSigner } from '../../functions/timed-signer.ts';
import { signerPolicyToJson } from '../../lib/core/signer-policy.ts';
import { World } from '../../lib/simulator/world.ts';
import { type Issuer, REQUEST, startSigning } from './issuer.ts';
import { runFunction } from './run-function.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startSigning({ config: { algorithm: 'ES256' } });
});
afterEach(() => {
  issuer.before = undefined;
});
afterAll(() => issuer?.close());

/** The line of one token, from a new environment. */
async function lineOf(more: Record<string, string>): Promise<Record<string, unknown>> {
  const policy = JSON.stringify(signerPolicyToJson(issuer.policy));
  const environment = { KEYTURN_POLICY: policy, KEYTURN_TABLE: 'keyturn', ...more };
  const [line = {}] = await runFunction(issuer, 'sign', environment, REQUEST, { alias: 'any' });
  return line;
}

test('KMS is told apart from the table, and its retries are its own', async () => {
  let refused = 0;
  issuer.before = async ({ service }) => {
    await sleep(service === 'kms' ? 100 : 400);
    if (service !== 'kms' || refused++ > 0) return undefined;
    return { status: 500, code: 'KMSInternalException', message: 'told to' };
  };
  const line = await lineOf({ KEYTURN_METRICS: 'yes' });
  expect(refused).toBe(2);
  expect(line).toMatchObject({ event: 'token', Tokens: 1 });
  const { SignMilliseconds, KmsMilliseconds } = line as Record<string, number>;
  expect(KmsMilliseconds).toBeGreaterThan(190);
  expect(Number(SignMilliseconds) - Number(KmsMilliseconds)).toBeGreaterThan(390);
});

test('nobody who did not ask for them has them', async () => {
  const line = await lineOf({});
  expect(line.event).toBe('token');
  for (const name of ['_aws', 'Tokens', 'SignMilliseconds', 'KmsMilliseconds']) expect(line).not.toHaveProperty(name);
});

test('a request within the time of another has its own', async () => {
  const world = new World();
  await world.tick();
  const signer = world.signer();
  const quick = new TimedSigner(world.kms);
  const around = new TimedSigner({
    sign: async (key, message) => {
      await signer.sign(world.request(), quick);
      await sleep(100);
      return world.kms.sign(key, message);
    },
  });
  await signer.sign(world.request(), around);
  expect(quick.milliseconds).toBeGreaterThan(0);
  expect(around.milliseconds - quick.milliseconds).toBeGreaterThan(90);
});

test('what KMS refused is in the time of the request, and so is the signature that followed', async () => {
  const world = new World();
  await world.tick();
  const signer = world.signer();
  await signer.sign(world.request());
  await world.burn({ kids: 'all' });
  const asked: string[] = [];
  const timed = new TimedSigner({
    sign: async (key, message) => {
      asked.push(key.keyArn);
      await sleep(100);
      return world.kms.sign(key, message);
    },
  });
  await signer.sign(world.request(), timed);
  expect(new Set(asked).size).toBe(2);
  expect(timed.milliseconds).toBeGreaterThan(190);
});
