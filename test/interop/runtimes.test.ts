/**
 * Whatever the runtime: every attack is refused with the same code, and what is good is taken. A WebCrypto may take what that
 * of another refuses.
 */
import { expect, test } from 'vitest';
import { ALGORITHM_NAMES } from '../../lib/core/algorithms.ts';
import { ALGORITHM } from '../sdk/verifier/attacks/algorithm.ts';
import { CLAIM_ATTACKS } from '../sdk/verifier/attacks/claims.ts';
import { FORMAT } from '../sdk/verifier/attacks/format.ts';
import { HEADERS } from '../sdk/verifier/attacks/header.ts';
import { KEYS } from '../sdk/verifier/attacks/keys.ts';
import { PAYLOADS } from '../sdk/verifier/attacks/payload.ts';
import { SIGNATURES } from '../sdk/verifier/attacks/signature.ts';
import {
  ALGORITHMS,
  AUDIENCE,
  by,
  CLAIMS,
  EC,
  forge,
  HEADER,
  ISSUER,
  JWKS,
  NOW,
  testKey,
} from '../sdk/verifier/forge.ts';
import type { Case } from './outcomes.ts';
import { outcomesIn, RUNTIMES } from './runtimes.ts';

const common = { issuer: ISSUER, audience: AUDIENCE, algorithms: ALGORITHMS, now: NOW };
const TOKENS = Object.entries({ FORMAT, ALGORITHM, HEADERS, SIGNATURES, PAYLOADS, CLAIM_ATTACKS });
/** Those that JSON can carry there: strings. */
const attacks = TOKENS.flatMap(([table, rows]) =>
  rows
    .filter(({ token }) => typeof token === 'string')
    .map(({ name, token, code }) => ({ ...common, name: `${table}: ${name}`, keys: JWKS.keys, token, code })),
);
const keyed = KEYS.map(({ name, keys, token, code }) => ({
  ...common,
  ...{ name: `KEYS: ${name}`, keys: [EC.jwk, ...keys], token, code },
}));
const good = ALGORITHM_NAMES.map((alg) => {
  const key = testKey(alg, alg);
  const token = forge({ ...HEADER, alg, kid: alg }, CLAIMS, by(key));
  // A runtime without the algorithm says so, and a second key keeps the set from being none.
  const keys = [key.jwk, EC.jwk];
  const code = alg.startsWith('ML-DSA') ? 'key_refused' : 'accepted';
  return { ...common, name: `good: ${alg}`, algorithms: [alg, EC.alg] as Case['algorithms'], keys, token, code };
});
const cases = [...attacks, ...keyed, ...good];
const expected = Object.fromEntries(cases.map(({ name, code }) => [name, code]));

test('each case has a name of its own', () => expect(Object.keys(expected)).toHaveLength(cases.length));

test.runIf(process.platform === 'linux' && process.arch === 'x64').each(RUNTIMES)('$title', async (runtime) => {
  const sent = cases.map(({ code, ...rest }): Case => rest);
  expect(await outcomesIn(runtime, sent)).toEqual(expected);
});
