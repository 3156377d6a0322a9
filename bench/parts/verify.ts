/**
 * What a verification costs in CPU: ours against jose with the same checks, and against what else is used in Node. Each in a
 * process of its own: the code and the garbage of the others make some of them twice as slow and others not at all.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { Child } from '../child.ts';
import { interleaveProcesses, median, noiseOf, ratio } from '../interleave.ts';
import type { Part, Row } from '../row.ts';
import { AUDIENCE, type Candidate, type Given, ISSUER, VERIFICATIONS, type Verified } from '../verifications.ts';

const PROGRAM = new URL('../children/verify.ts', import.meta.url);
/** In each run. */
const ROUNDS = { warmUp: 40, rounds: 100 };
const BATCH = 50;
/** As long as a thumbprint, in a set of two, as an issuer of ours has. */
const [KID, OTHER_KID] = ['x'.repeat(43), 'y'.repeat(43)];

const PAIRS = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
} as const;
/** Their rows are named otherwise. */
const PAIR: readonly Candidate[] = ['keyturn/verifier', 'jose', 'jose again'];

async function run(onProgress: (share: number) => void): Promise<readonly Row[]> {
  const algorithms = Object.keys(PAIRS) as Verified[];
  const rows: Row[] = [];
  for (const [at, algorithm] of algorithms.entries()) {
    rows.push(...(await compare(algorithm, (share) => onProgress((at + share) / algorithms.length))));
  }
  return rows;
}

async function compare(algorithm: Verified, onProgress: (share: number) => void): Promise<Row[]> {
  const given = givenOf(algorithm);
  const names = (Object.keys(VERIFICATIONS) as Candidate[]).filter(
    (name) => algorithm !== 'EdDSA' || !name.startsWith('jsonwebtoken'),
  );
  const start = (candidate: Candidate) => {
    const child = new Child(PROGRAM, [], {});
    child.send({ candidate, given });
    return { cost: () => child.cost({ calls: BATCH }), close: () => child.close() };
  };
  const samples = await interleaveProcesses(names, ROUNDS, start, onProgress);
  const of = (name: Candidate) => ratio(samples, name, 'jose');
  const microseconds = (name: Candidate) => `${median(samples[name]).toFixed(0)} µs`;
  const note = (name: Candidate) => `${microseconds(name)} against ${microseconds('jose')}`;
  const again = of('jose again');
  return [
    {
      what: `${algorithm}: keyturn/verifier, against jose with the same checks`,
      ...{ ...of('keyturn/verifier'), unit: 'x', goal: 1.1, noise: noiseOf(again), note: note('keyturn/verifier') },
    },
    ...names
      .filter((name) => !PAIR.includes(name))
      .map((name): Row => ({ what: `${algorithm}: ${name}`, ...of(name), unit: 'x', note: note(name) })),
    { what: `${algorithm}: jose against itself`, ...again, unit: 'x', note: 'the noise' },
  ];
}

function givenOf(algorithm: Verified): Given {
  const { privateKey, publicKey } = PAIRS[algorithm]();
  const jwks = { keys: [jwk(PAIRS[algorithm]().publicKey, OTHER_KID, algorithm), jwk(publicKey, KID, algorithm)] };
  return { algorithm, token: tokenOf(algorithm, privateKey), jwks };
}

const jwk = (key: KeyObject, kid: string, alg: Verified) => ({
  ...key.export({ format: 'jwk' }),
  kid,
  use: 'sig',
  alg,
});

function tokenOf(alg: Verified, key: KeyObject): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: ISSUER, sub: 'svc:checkout', aud: AUDIENCE, iat, exp: iat + 3600, jti: crypto.randomUUID() },
    ...{ client_id: 'orders', scope: 'orders:read orders:write', tenant_id: 'acme', roles: ['a', 'b'] },
  };
  const input = [{ alg, kid: KID, typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

export const verify: Part = { name: 'verify', title: 'a verification', run };
