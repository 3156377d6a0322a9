/**
 * `node bench/verifier.ts`: CPU for a verification, ours against `jose.jwtVerify` with the same checks and the same JWKS.
 * Interleaved, A B B A …: absolute times drift, their ratio does not.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import type { Algorithm } from '../lib/core/algorithms.ts';
import { createVerifier } from '../lib/sdk/verifier/index.ts';

const RUNS = 7;
/** Short, so that both meet the same weather. */
const ROUNDS = 300;
const BATCH = 25;
const ISSUER = 'https://auth.example.com';
const AUDIENCE = 'orders-api';

const PAIRS = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
} as const;

/** Microseconds of CPU, whichever thread spends them: WebCrypto verifies in a pool. */
async function cost(verify: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  for (let index = 0; index < BATCH; index++) await verify();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / BATCH;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

for (const [alg, pair] of Object.entries(PAIRS)) {
  const { privateKey, publicKey } = pair();
  const other = pair().publicKey;
  const jwk = (key: typeof publicKey, kid: string) => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig', alg });
  // As long as a thumbprint, and in a set of two, as a Keyturn issuer has.
  const kid = 'x'.repeat(43);
  const jwks = { keys: [jwk(other, 'y'.repeat(43)), jwk(publicKey, kid)] };
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: ISSUER, sub: 'svc:checkout', aud: AUDIENCE, iat, exp: iat + 3600, jti: crypto.randomUUID() },
    ...{ client_id: 'orders', scope: 'orders:read orders:write', tenant_id: 'acme', roles: ['a', 'b'] },
  };
  const input = [{ alg, kid, typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const hash = alg === 'EdDSA' ? null : 'sha256';
  const signature = sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const token = `${input}.${signature.toString('base64url')}`;

  const fetch = async () => Response.json(jwks);
  const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE, algorithms: [alg as Algorithm], fetch });
  const keys = createLocalJWKSet(jwks as JSONWebKeySet);
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [alg], typ: 'JWT', maxTokenAge: 3600 };
  const ours = () => verifier.verify(token);
  const theirs = () => jwtVerify(token, keys, { ...options, requiredClaims: ['sub', 'exp'] });

  for (let round = 0; round < 40; round++) await cost(round % 2 === 0 ? ours : theirs);
  const runs: { readonly our: number; readonly their: number }[] = [];
  for (let run = 0; run < RUNS; run++) {
    const [our, their]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      // The order turns, so that neither is always the one after the other.
      for (const isOurs of round % 2 === 0 ? [true, false] : [false, true]) {
        if (isOurs) our.push(await cost(ours));
        else their.push(await cost(theirs));
      }
    }
    runs.push({ our: median(our), their: median(their) });
  }
  const ratios = runs.map(({ our, their }) => our / their).toSorted((a, b) => a - b);
  const microseconds = (of: 'our' | 'their') => median(runs.map((run) => run[of])).toFixed(1);
  const [least = 0, most = 0] = [ratios.at(0), ratios.at(-1)];
  console.log(
    `${alg}: ${microseconds('our')} µs against ${microseconds('their')} µs, ` +
      `ratio ${median(ratios).toFixed(3)} (${least.toFixed(3)} to ${most.toFixed(3)} in ${RUNS} runs)`,
  );
}
