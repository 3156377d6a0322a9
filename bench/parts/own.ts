/**
 * What our own code costs without AWS and its SDK, beside one signature by a key on this machine: reading the request, the
 * digest that KMS signs, the token, and its line of log with metrics, written where nobody reads it.
 */
import { createHash, generateKeyPairSync, randomUUID, sign as signLocally } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { embedded, tokenMetrics } from '../../functions/metrics.ts';
import { tokenLine } from '../../functions/token-line.ts';
import { secretNames } from '../../lib/core/names.ts';
import { DEFAULT_LIMITS, parseSignRequest, type RequestLimits } from '../../lib/core/request.ts';
import { TokenSigner } from '../../lib/core/sign.ts';
import { readSignerPolicy } from '../../lib/core/signer-policy.ts';
import { startAwsStub } from '../aws-stub.ts';
import { interleave, median, noiseOf, ratio } from '../interleave.ts';
import type { Part, Row } from '../row.ts';

const ROUNDS = 350;
const WARM_UP = 40;
const BATCH = 200;
const REQUEST = {
  audience: 'orders-api',
  scope: 'orders:read orders:write',
  claims: { sub: 'svc:checkout', tenant_id: 'acme', region: 'eu', roles: ['a', 'b'] },
};

async function run(onProgress: (share: number) => void): Promise<readonly Row[]> {
  const stub = await startAwsStub();
  stub.close();
  const policy = readSignerPolicy(JSON.parse(stub.environment.KEYTURN_POLICY ?? ''));
  const limits: RequestLimits = { ...DEFAULT_LIMITS, ...policy, secretClaims: secretNames(policy.secretClaims) };
  const signature = new Uint8Array(256);
  const clock = () => Date.now() / 1000;
  const signer = new TokenSigner(
    {
      keyrings: { load: async () => ({ keyring: stub.keyring, revision: 1, serverTime: clock() }) },
      signer: {
        sign: async (_key, message) => {
          createHash('sha256').update(message).digest();
          return signature;
        },
      },
      clock,
      randomId: randomUUID,
    },
    policy,
    limits,
  );
  const log = openSync(devNull, 'w');
  const own = async () => {
    const request = parseSignRequest(structuredClone(REQUEST), limits, undefined);
    const { keyringLoadedAt, ...answer } = await signer.sign(request);
    const line = tokenLine(policy.issuer, 'any', request, answer, keyringLoadedAt);
    const metrics = embedded(policy.issuer, answer.issuedAt, tokenMetrics(2, 1), true);
    writeSync(log, `${JSON.stringify({ ...line, ...metrics })}\n`);
  };
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = Buffer.alloc(400, 'a');
  const candidates = {
    own,
    local: async () => signLocally('sha256', message, privateKey),
    'local again': async () => signLocally('sha256', message, privateKey),
  };
  type Name = keyof typeof candidates;
  /** Microseconds of CPU. */
  const measure = async (name: Name): Promise<number> => {
    const start = process.cpuUsage();
    for (let count = 0; count < BATCH; count++) await candidates[name]();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / BATCH;
  };
  const names = Object.keys(candidates) as Name[];
  await interleave(names, WARM_UP, measure);
  const samples = await interleave(names, ROUNDS, measure, (round, rounds) => onProgress(round / rounds));
  closeSync(log);
  const again = ratio(samples, 'local again', 'local');
  const microseconds = (name: Name) => `${median(samples[name]).toFixed(1)} µs`;
  return [
    {
      what: 'our own code for a token, against a local P-256 signature',
      ...{ ...ratio(samples, 'own', 'local'), unit: 'x', goal: 0.6, noise: noiseOf(again) },
      note: `${microseconds('own')} against ${microseconds('local')}`,
    },
    { what: 'the local signature against itself', ...again, unit: 'x', note: 'the noise' },
  ];
}

export const own: Part = { name: 'own', title: 'our own code', run };
