/** What a verification costs in CPU: ours against jose with the same checks, and against what else is used in Node. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { JwtVerifier } from 'aws-jwt-verify';
import { createVerifier as createFastVerifier } from 'fast-jwt';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import type { Algorithm } from '../../lib/core/algorithms.ts';
import { createVerifier } from '../../lib/sdk/verifier/index.ts';
import { interleave, median, noiseOf, type Ratio, ratio } from '../interleave.ts';
import type { Part, Row } from '../row.ts';

const ROUNDS = 700;
const WARM_UP = 40;
const BATCH = 25;
const ISSUER = 'https://auth.example.com';
const AUDIENCE = 'orders-api';
/** As long as a thumbprint, in a set of two, as an issuer of ours has. */
const [KID, OTHER_KID] = ['x'.repeat(43), 'y'.repeat(43)];

const PAIRS = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
} as const;
type Verified = keyof typeof PAIRS;
type Verify = () => unknown;

async function run(onProgress: (share: number) => void): Promise<readonly Row[]> {
  const algorithms = Object.keys(PAIRS) as Verified[];
  const rows: Row[] = [];
  for (const [at, algorithm] of algorithms.entries()) {
    rows.push(...(await compare(algorithm, (share) => onProgress((at + share) / algorithms.length))));
  }
  return rows;
}

async function compare(algorithm: Verified, onProgress: (share: number) => void): Promise<Row[]> {
  const candidates = candidatesOf(algorithm);
  const names = Object.keys(candidates);
  /** Microseconds of CPU, whichever thread spends them: WebCrypto verifies in a pool. */
  const measure = async (name: string): Promise<number> => {
    const verify = candidates[name] as Verify;
    const start = process.cpuUsage();
    for (let index = 0; index < BATCH; index++) await verify();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / BATCH;
  };
  // Apart from the others, whose code and garbage would come between the two.
  const pair = ['keyturn/verifier', 'jose', 'jose again'];
  const others = names.filter((name) => !pair.includes(name));
  const samples: Record<string, readonly number[]> = {};
  for (const [at, group] of [pair, ['jose', ...others]].entries()) {
    await interleave(group, WARM_UP, measure);
    const measured = await interleave(group, ROUNDS, measure, (round, all) => onProgress((at + round / all) / 2));
    for (const name of group) samples[at === 1 && name === 'jose' ? 'jose among others' : name] = measured[name] ?? [];
  }
  const of = (name: string, against = 'jose'): Ratio => ratio(samples, name, against);
  const microseconds = (name: string) => `${median(samples[name] ?? []).toFixed(0)} µs`;
  const noise = noiseOf(of('jose again'));
  return [
    {
      what: `${algorithm}: keyturn/verifier, against jose with the same checks`,
      ...{ ...of('keyturn/verifier'), unit: 'x', goal: 1.1, noise },
      note: `${microseconds('keyturn/verifier')} against ${microseconds('jose')}`,
    },
    ...others.map(
      (name): Row => ({
        what: `${algorithm}: ${name}`,
        ...of(name, 'jose among others'),
        unit: 'x',
        note: microseconds(name),
      }),
    ),
    { what: `${algorithm}: jose against itself`, ...of('jose again'), unit: 'x', note: 'the noise' },
  ];
}

/** Each checks signature, issuer, audience and times; what else one checks is in docs/verifiers. */
function candidatesOf(algorithm: Verified): Record<string, Verify> {
  const { privateKey, publicKey } = PAIRS[algorithm]();
  const jwks = { keys: [jwk(PAIRS[algorithm]().publicKey, OTHER_KID, algorithm), jwk(publicKey, KID, algorithm)] };
  const token = tokenOf(algorithm, privateKey);
  const fetch = async () => Response.json(jwks);
  const own = createVerifier({ issuer: ISSUER, audience: AUDIENCE, algorithms: [algorithm as Algorithm], fetch });
  const keys = createLocalJWKSet(jwks as JSONWebKeySet);
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [algorithm], typ: 'JWT', maxTokenAge: 3600 };
  const jose = () => jwtVerify(token, keys, { ...options, requiredClaims: ['sub', 'exp'] });
  const aws = JwtVerifier.create({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}/jwks` });
  aws.cacheJwks(jwks as Parameters<typeof aws.cacheJwks>[0]);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const fast = createFastVerifier({
    ...{ key: pem, algorithms: [algorithm], allowedIss: ISSUER, allowedAud: AUDIENCE, cache: false },
    maxAge: 3_600_000,
  });
  return {
    'keyturn/verifier': () => own.verify(token),
    jose,
    'jose again': jose,
    'aws-jwt-verify': () => aws.verify(token),
    // Without a JWKS: its key is at hand.
    'fast-jwt, one PEM, no cache': () => fast(token),
    ...(algorithm !== 'EdDSA' && {
      'jsonwebtoken, one PEM': () =>
        jsonwebtoken.verify(token, pem, { issuer: ISSUER, audience: AUDIENCE, algorithms: [algorithm], maxAge: 3600 }),
    }),
  };
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
