/**
 * Attacks on the verifier, each refused with its own code; and on jose alone, given issuer, audience, algorithms and the
 * same set. What jose lets through is listed in docs/verifiers/keyturn.md, and that list is held to these tables.
 */
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createVerifier, VerificationError } from '../../../lib/sdk/verifier/index.ts';
import { ALGORITHM } from './attacks/algorithm.ts';
import { type Attack, reasonOf } from './attacks/attack.ts';
import { CLAIM_ATTACKS } from './attacks/claims.ts';
import { FORMAT } from './attacks/format.ts';
import { HEADERS } from './attacks/header.ts';
import { KEYS } from './attacks/keys.ts';
import { PAYLOADS } from './attacks/payload.ts';
import { SIGNATURES } from './attacks/signature.ts';
import { ALGORITHMS, AUDIENCE, CLAIMS, EC, forge, HEADER, ISSUER, JWKS, NOW } from './forge.ts';

/** By the fetch that is injected, and past it. */
const fetched = new Set<string>();
const { fetch } = globalThis;
beforeAll(() => {
  globalThis.fetch = async (url) => {
    fetched.add(String(url));
    throw new Error('not here');
  };
});
afterAll(() => {
  globalThis.fetch = fetch;
});

function ours(jwks: object): (token: unknown) => Promise<unknown> {
  const verifier = createVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ALGORITHMS,
    now: () => NOW * 1000,
    fetch: async (url) => {
      fetched.add(url);
      return Response.json(jwks);
    },
  });
  return (token) => verifier.verify(token as string);
}

function bareJose(jwks: object): (token: unknown) => Promise<'accepted' | 'refused'> {
  const keys = createLocalJWKSet(jwks as JSONWebKeySet);
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [...ALGORITHMS], clockTolerance: 60 };
  const currentDate = new Date(NOW * 1000);
  return (token) =>
    jwtVerify(token as string, keys, { ...options, currentDate }).then(
      () => 'accepted',
      () => 'refused',
    );
}

async function refusalOf(verdict: Promise<unknown>): Promise<VerificationError> {
  const error = await verdict.then(
    () => expect.fail('it was accepted'),
    (refusal: unknown) => refusal,
  );
  expect(error).toBeInstanceOf(VerificationError);
  return error as VerificationError;
}

/** Longer words of a token: none of them may stand in an error. */
function wordsOf(token: unknown): string[] {
  const [header = '', payload = '', signature = ''] = String(token).split('.');
  const decoded = [header, payload].map((segment) => Buffer.from(segment, 'base64url').toString());
  const values = decoded.flatMap((text) => [...text.matchAll(/:\s*"([^"]{8,})"/g)].map(([, value = '']) => value));
  return [header, payload, signature, ...values].filter((word) => word.length >= 8);
}

const verify = ours(JWKS);
const verifyWithJose = bareJose(JWKS);

test('the token that they all come from is good', async () => {
  const token = forge(HEADER, CLAIMS);
  expect(await verify(token)).toEqual(CLAIMS);
  expect(await verifyWithJose(token)).toBe('accepted');
});

describe.each<[string, readonly Attack[]]>([
  ['form', FORMAT],
  ['algorithm', ALGORITHM],
  ['header', HEADERS],
  ['signature', SIGNATURES],
  ['payload', PAYLOADS],
  ['claims', CLAIM_ATTACKS],
])('%s', (_, attacks) => {
  test.each(attacks.map((attack) => [attack.name, attack] as const))('%s', async (_name, attack) => {
    const error = await refusalOf(verify(attack.token));
    const { code, claim, reason } = error;
    expect({ code, claim, reason }).toEqual({ code: attack.code, claim: attack.claim, reason: reasonOf(attack) });
    const told = `${error.message} ${JSON.stringify(error)}`;
    expect(wordsOf(attack.token).filter((word) => told.includes(word))).toEqual([]);
    expect(await verifyWithJose(attack.token)).toBe(attack.gap === undefined ? 'refused' : 'accepted');
  });
});

test.each(KEYS.map((attack) => [attack.name, attack] as const))(
  'a set with %s',
  async (_, { keys, token, ...attack }) => {
    const jwks = { keys: [EC.jwk, ...keys] };
    const error = await refusalOf(ours(jwks)(token));
    expect({ code: error.code, claim: error.claim }).toEqual({ code: attack.code, claim: attack.claim });
    if (attack.fault !== undefined) {
      expect(error.message).toBe(`the key that kid names is not accepted: ${attack.fault}`);
    }
    expect(await bareJose(jwks)(token)).toBe(attack.gap === undefined ? 'refused' : 'accepted');
  },
);

test('nothing was fetched from where a token said', () => {
  expect([...fetched]).toEqual([`${ISSUER}/.well-known/jwks.json`]);
});

test('docs/verifiers/keyturn.md lists what jose alone lets through, and nothing else', () => {
  const text = readFileSync(new URL('../../../docs/verifiers/keyturn.md', import.meta.url), 'utf8');
  const [, list = ''] = /## What jose alone lets through\n(.*?)(?=\n## |$)/s.exec(text) ?? [];
  const listed = [...list.matchAll(/^- (.*(?:\n {2}.*)*)/gm)].map(([, line = '']) => line.replaceAll(/\n\s+/g, ' '));
  const all = [...FORMAT, ...ALGORITHM, ...HEADERS, ...SIGNATURES, ...PAYLOADS, ...CLAIM_ATTACKS, ...KEYS];
  const gaps = all.flatMap(({ gap }) => gap ?? []);
  expect(listed.toSorted()).toEqual([...new Set(gaps)].toSorted());
});
