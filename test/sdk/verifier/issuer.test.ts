/** With an issuer of ours: whatever it signs verifies, through rotations, until a burn. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KeyturnError } from '../../../lib/core/errors.ts';
import { startTestIssuer, type TestIssuer } from '../../../lib/sdk/testing/index.ts';
import { createVerifier } from '../../../lib/sdk/verifier/index.ts';
import { verdict } from './world.ts';

let now = Date.now();
const request = { audience: 'orders-api', claims: { sub: 'svc:checkout' } };
let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startTestIssuer({ algorithm: 'ES256', issuer: 'https://auth.example.com/tenant', now: () => now });
});
afterAll(() => issuer.close());

const verifier = () =>
  createVerifier({
    issuer: issuer.issuer,
    audience: 'orders-api',
    algorithms: ['ES256'],
    fetch: issuer.fetch,
    now: () => now,
  });

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const number = fc.oneof(fc.maxSafeInteger(), fc.double({ noInteger: true, noNaN: true, noDefaultInfinity: true }));
const values = [name, number, fc.boolean(), fc.constant(null)];

test('whatever claims it signs, they come out as they went in', async () => {
  const one = verifier();
  let signed = 0;
  await fc.assert(
    fc.asyncProperty(fc.object({ key: name, values, maxDepth: 6 }), fc.string({ minLength: 1 }), async (more, sub) => {
      const claims = { ...more, sub };
      const issued = await issuer.mint({ audience: ['x', 'orders-api'], scope: 'a b', claims }).catch((error) => {
        if (error instanceof KeyturnError) return undefined;
        throw error;
      });
      if (issued === undefined) return;
      signed += 1;
      const verified = await one.verify(issued.token);
      expect(JSON.parse(JSON.stringify(verified))).toMatchObject(JSON.parse(JSON.stringify(claims)));
      expect(verified.jti).toBe(issued.jti);
    }),
    { numRuns: 300 },
  );
  expect(signed).toBeGreaterThan(100);
});

test('the longest lifetime that it signs by default is the longest that is taken by default', async () => {
  const { token } = await issuer.mint({ ...request, expiresIn: 3600 });
  expect(await verdict(verifier().verify(token))).toBe('accepted');
  const forged = await issuer.mint(request, { payload: { exp: Math.floor(now / 1000) + 3601 } });
  expect(await verdict(verifier().verify(forged.token))).toBe('lifetime_too_long');
});

test('a rotation is not noticed; a burn is, within keysMaxAge', async () => {
  const one = verifier();
  const before = (await issuer.mint(request)).token;
  expect(await verdict(one.verify(before))).toBe('accepted');
  // The next key has long been published: nothing has to be fetched for it.
  await issuer.rotate();
  const after = (await issuer.mint(request)).token;
  expect(await verdict(one.verify(after))).toBe('accepted');
  expect(await verdict(one.verify(before))).toBe('accepted');

  await issuer.burn();
  now += 30_000;
  // A token of the fresh key brings the whole set, and the burned key is gone at once.
  expect(await verdict(one.verify((await issuer.mint(request)).token))).toBe('accepted');
  expect(await verdict(one.verify(after))).toBe('key_unknown');
  expect(await verdict(one.verify(before))).toBe('accepted');

  const quiet = verifier();
  const last = (await issuer.mint(request)).token;
  await quiet.hydrate();
  await issuer.burn();
  now += 299_000;
  expect(await verdict(quiet.verify(last))).toBe('accepted');
  now += 1000;
  expect(await verdict(quiet.verify(last))).toBe('key_unknown');
});
