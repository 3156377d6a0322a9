import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { ALGORITHM_NAMES } from '../../../lib/core/algorithms.ts';
import { createVerifier, type VerifierOptions } from '../../../lib/sdk/verifier/index.ts';
import {
  AUDIENCE,
  by,
  CLAIMS,
  EC,
  forge,
  HEADER,
  ISSUER,
  JWKS,
  NOW,
  RSA,
  testKey,
  withClaims,
  withHeader,
} from './forge.ts';
import { verdict, World } from './world.ts';

const verifier = (options: Partial<VerifierOptions> = {}, jwks: object = JWKS) =>
  createVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ['RS256'],
    now: () => NOW * 1000,
    fetch: async () => Response.json(jwks),
    ...options,
  });
const outcome = (token: string, options?: Partial<VerifierOptions>) => verdict(verifier(options).verify(token));

describe('what it answers with', () => {
  test('the claims, which inherit nothing, nor does anything in them', async () => {
    const claims = { ...CLAIMS, roles: [{ name: 'a' }], deep: { n: 1.5, none: null, yes: true } };
    const answer = await verifier().verify(forge(HEADER, claims));
    expect(answer).toEqual(claims);
    expect(Object.getPrototypeOf(answer)).toBeNull();
    expect(Object.getPrototypeOf(answer.deep)).toBeNull();
    expect(Object.getPrototypeOf((answer.roles as object[])[0])).toBeNull();
    expect('constructor' in answer).toBe(false);
    expect(answer.toString).toBeUndefined();
  });

  test('claims of its own to everybody', async () => {
    const one = verifier();
    const token = withClaims({ list: [] });
    const [first, second] = [await one.verify(token), await one.verify(token)];
    expect(first).not.toBe(second);
    expect(first.list).not.toBe(second.list);
  });
});

describe('algorithms', () => {
  test.each(ALGORITHM_NAMES)('%s', async (alg) => {
    const kid = `key-${alg}`;
    // One RSA key serves: making them is what takes time.
    const key = /^[RP]S/.test(alg) ? { ...RSA, alg, kid, jwk: { ...RSA.jwk, alg, kid } } : testKey(alg, kid);
    const token = forge({ ...HEADER, alg, kid: key.kid }, CLAIMS, by(key));
    const one = verifier({ algorithms: [alg] }, { keys: [EC.jwk, key.jwk] });
    expect(await one.verify(token)).toEqual(CLAIMS);
    // The last byte of the signature's text, changed within its alphabet.
    const changed = token.slice(0, -2) + (token.at(-2) === 'A' ? 'B' : 'A') + token.at(-1);
    expect(await verdict(one.verify(changed))).toMatch(/signature_invalid|token_malformed/);
  });

  test('a longer RSA key than ours', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'long', alg: 'RS256' };
    const token = withHeader({ kid: 'long' }, by({ alg: 'RS256', privateKey }));
    expect(await verifier({}, { keys: [jwk] }).verify(token)).toEqual(CLAIMS);
  });

  test('several are taken at once, each by its own keys', async () => {
    const one = verifier({ algorithms: ['RS256', 'ES256'] });
    expect(await one.verify(forge({ ...HEADER, alg: 'ES256', kid: EC.kid }, CLAIMS, by(EC)))).toEqual(CLAIMS);
    expect(await one.verify(withClaims({}))).toEqual(CLAIMS);
  });

  test('a good key of an algorithm that is not pinned is refused', async () => {
    const token = forge({ ...HEADER, alg: 'ES256', kid: EC.kid }, CLAIMS, by(EC));
    expect(await outcome(token)).toBe('algorithm_not_allowed');
    expect(await outcome(withHeader({ kid: EC.kid }))).toBe('key_refused');
  });
});

describe('types', () => {
  test.each(['JWT', 'jwt', 'application/jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'])('%s is taken', async (typ) => {
    expect(await outcome(withHeader({ typ }))).toBe('accepted');
  });

  test('others only when asked for', async () => {
    const types = ['logout+jwt'];
    expect(await outcome(withHeader({ typ: 'application/logout+jwt' }), { types })).toBe('accepted');
    expect(await outcome(withHeader({ typ: 'JWT' }), { types })).toBe('type_not_allowed');
  });

  test('parameters that say nothing about the verification are passed over', async () => {
    expect(await outcome(withHeader({ x5t: 'abc', nonce: 'x', 'urn:example': { a: [1] } }))).toBe('accepted');
  });
});

describe('audience', () => {
  test.each<[string | string[], string | string[], string]>([
    ['a', 'a', 'accepted'],
    [['x', 'a'], 'a', 'accepted'],
    ['b', ['a', 'b'], 'accepted'],
    [['x', 'b'], ['a', 'b'], 'accepted'],
    [['x', 'y'], ['a', 'b'], 'audience_mismatch'],
  ])('aud %j for %j: %s', async (aud, audience, expected) => {
    expect(await outcome(withClaims({ aud }), { audience })).toBe(expected);
  });
});

describe('times', () => {
  const at = (offset: number) => ({ now: () => (NOW + offset) * 1000 });
  test.each<[string, object, number, string]>([
    ['exp, a second before it and the tolerance', { exp: NOW + 10 }, 69, 'accepted'],
    ['exp, a millisecond before', { exp: NOW + 10 }, 69.999, 'accepted'],
    ['exp, at that instant', { exp: NOW + 10 }, 70, 'token_expired'],
    ['exp, a second after', { exp: NOW + 10 }, 71, 'token_expired'],
    ['nbf, a second before it and the tolerance', { nbf: NOW + 100 }, 39, 'token_not_yet_valid'],
    ['nbf, at that instant', { nbf: NOW + 100 }, 40, 'accepted'],
    ['nbf, a second after', { nbf: NOW + 100 }, 41, 'accepted'],
    ['iat, a second before it and the tolerance', { iat: NOW }, -61, 'token_not_yet_valid'],
    ['iat, at that instant', { iat: NOW }, -60, 'accepted'],
    ['a lifetime of the most', { exp: NOW + 3600 }, 0, 'accepted'],
    ['a lifetime of a second more', { exp: NOW + 3601 }, 0, 'lifetime_too_long'],
    ['fractions', { iat: NOW - 0.5, exp: NOW + 10.5 }, 70.4, 'accepted'],
  ])('%s', async (_, claims, offset, expected) => {
    expect(await outcome(withClaims(claims), at(offset))).toBe(expected);
  });

  test("tolerance and lifetime are the deployer's to choose", async () => {
    expect(await outcome(withClaims({}), { ...at(900), clockTolerance: 0 })).toBe('token_expired');
    expect(await outcome(withClaims({ exp: NOW + 86_400 }), { maxTokenLifetime: 86_400 })).toBe('accepted');
    expect(await outcome(withClaims({}), { maxTokenLifetime: 899 })).toBe('lifetime_too_long');
  });
});

describe('revocation', () => {
  const asked: unknown[] = [];
  const listed = (id: unknown) => {
    asked.push(id);
    return true;
  };

  test('is by iss and jti', async () => {
    expect(await outcome(withClaims({}), { isRevoked: listed })).toBe('token_revoked');
    expect(asked).toEqual([{ iss: ISSUER, jti: CLAIMS.jti }]);
    expect(await outcome(withClaims({}), { isRevoked: async () => false })).toBe('accepted');
  });

  test('is asked about nothing that is not verified', async () => {
    asked.length = 0;
    await outcome(withHeader({}, by(testKey('RS256', RSA.kid))), { isRevoked: listed });
    expect(asked).toEqual([]);
  });

  test('needs jti', async () => {
    expect(await outcome(withClaims({ jti: undefined }))).toBe('accepted');
    expect(await outcome(withClaims({ jti: undefined }), { isRevoked: () => false })).toBe('claim_invalid');
  });

  test.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('the list is down');
      },
      'revocation_unavailable',
    ],
    [
      'rejects',
      async () => {
        throw new Error('the list is down');
      },
      'revocation_unavailable',
    ],
    ['answers with nothing', () => undefined, 'token_revoked'],
    ['answers with null', async () => null, 'token_revoked'],
    ['answers with 0', () => 0, 'token_revoked'],
  ])('a list that %s lets nothing through', async (_, isRevoked, expected) => {
    expect(await outcome(withClaims({}), { isRevoked: isRevoked as () => boolean })).toBe(expected);
  });
});

describe('events', () => {
  test('tell of every fetch and every verification', async () => {
    const world = new World();
    const key = testKey('ES256', 'ec');
    world.publish(key, testKey('RS256', 'rsa'));
    const one = world.verifier();
    await one.verify(world.token(key));
    await verdict(one.verify(world.token(key, { aud: 'other' })));
    await verdict(one.verify('nonsense'));
    world.now += 301;
    world.fail();
    await one.hydrate();
    world.now += 3600;
    await verdict(one.hydrate());
    expect(world.events).toEqual([
      { type: 'keys_fetched', issuer: ISSUER, keys: 1, refused: 1 },
      { type: 'verified', issuer: ISSUER, kid: 'ec' },
      { type: 'refused', issuer: ISSUER, code: 'audience_mismatch', claim: 'aud', reason: 'rejected' },
      { type: 'refused', issuer: ISSUER, code: 'token_malformed', claim: undefined, reason: 'malformed' },
      { type: 'keys_failed', issuer: ISSUER, fault: 'it could not be reached', usable: true },
      { type: 'keys_failed', issuer: ISSUER, fault: 'it could not be reached', usable: false },
    ]);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no disk');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('no disk');
      },
    ],
  ])('a listener that %s changes nothing', async (_, onEvent) => {
    expect(await outcome(withClaims({}), { onEvent: onEvent as () => void })).toBe('accepted');
    expect(await outcome(withClaims({ aud: 'x' }), { onEvent: onEvent as () => void })).toBe('audience_mismatch');
  });
});

describe('bounds', () => {
  const nested = (levels: number) => withClaims({ deep: JSON.parse('['.repeat(levels) + ']'.repeat(levels)) });
  test('16 levels, the claims included', async () => {
    expect(await outcome(nested(15))).toBe('accepted');
    expect(await outcome(nested(16))).toBe('payload_malformed');
  });

  test('16,384 characters', async () => {
    const longest = `AAAA.${'A'.repeat(4 * 4094)}.AA`;
    expect(longest).toHaveLength(16_384);
    expect(await outcome(longest)).toBe('header_malformed');
    expect(await outcome(`${longest}A`)).toBe('token_too_large');
  });
});

describe('what it throws', () => {
  const thrown = (token: string, options?: Partial<VerifierOptions>) =>
    verifier(options)
      .verify(token)
      .then(
        () => expect.fail('it was accepted'),
        (error: unknown) => error,
      );

  test('has a cause where something underneath failed, and only there', async () => {
    expect(await thrown(withHeader({}, by(testKey('RS256', RSA.kid))))).toHaveProperty('cause');
    expect(await thrown(withClaims({ exp: 0 }))).not.toHaveProperty('cause');
  });

  test('is ours, or a fault of what it was given, which is no refusal', async () => {
    const onEvent = vi.fn();
    const now = () => {
      throw new RangeError('no clock');
    };
    expect(await thrown(withClaims({}), { now, onEvent })).toBeInstanceOf(RangeError);
    expect(onEvent).not.toHaveBeenCalled();
  });
});

test('hydrate fails at the start where the first token would', async () => {
  const world = new World();
  world.fail();
  await expect(world.verifier().hydrate()).rejects.toMatchObject({ code: 'keys_unavailable' });
  world.publish(testKey('ES256', 'a'));
  const one = world.verifier();
  await one.hydrate();
  world.now += 299;
  await one.hydrate();
  expect(world.asked).toHaveLength(2);
});
