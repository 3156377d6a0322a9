import { describe, expect, test } from 'vitest';
import { ALGORITHM_NAMES, type Algorithm } from '../../lib/core/algorithms.ts';
import {
  blindSeconds,
  fetchesOnce,
  parseVerifier,
  VERIFIERS,
  type VerifierName,
  verifierToJson,
} from '../../lib/core/verifiers.ts';
import { refused } from './refused.ts';

const MINUTE = 60;
const HOUR = 3600;
const FOR_EVER = Number.POSITIVE_INFINITY;
const NAMES = Object.keys(VERIFIERS) as VerifierName[];

/** What is known of each, told apart from the table: how long it caches, when it fetches for an unknown kid, what it takes. */
const RS: Algorithm[] = ['RS256', 'RS384', 'RS512'];
const PS: Algorithm[] = ['PS256', 'PS384', 'PS512'];
const ES: Algorithm[] = ['ES256', 'ES384', 'ES512'];
const KNOWN: Record<VerifierName, [keyCache: number, refetch: number | 'never', algorithms: readonly Algorithm[]]> = {
  // No vendor states the cache of these three, or whether they refetch: at most a day, and no.
  alb: [24 * HOUR, 'never', ['RS256']],
  sts: [24 * HOUR, 'never', [...RS, ...ES]],
  appsync: [24 * HOUR, 'never', ['RS256']],
  'http-api': [2 * HOUR, 'never', RS],
  // Which algorithms it takes is not stated either.
  'rest-api': [HOUR, 0, ['RS256']],
  keyturn: [HOUR, 30, ALGORITHM_NAMES],
  jose: [10 * MINUTE, 30, ALGORITHM_NAMES],
  'aws-jwt-verify': [FOR_EVER, 10, [...RS, ...ES, 'EdDSA']],
  'jwks-rsa': [10 * MINUTE, 6, [...RS, ...PS, ...ES]],
  'get-jwks': [FOR_EVER, 0, [...RS, ...PS, ...ES, 'EdDSA']],
  pyjwt: [5 * MINUTE, 30, [...RS, ...PS, ...ES, 'EdDSA']],
  spring: [5 * MINUTE, 0, [...RS, ...PS, ...ES]],
  nimbus: [5 * MINUTE, 30, [...RS, ...PS, ...ES]],
  keyfunc: [HOUR, 5 * MINUTE, [...RS, ...PS, ...ES, 'EdDSA']],
  'go-oidc': [FOR_EVER, 0, [...RS, ...PS, ...ES, 'EdDSA']],
  envoy: [10 * MINUTE, 'never', [...RS, ...PS, ...ES, 'EdDSA']],
  istio: [HOUR, 'never', [...RS, ...PS, ...ES, 'EdDSA']],
  microsoft: [12 * HOUR, 5 * MINUTE, [...RS, ...PS, ...ES]],
  'fetch-once': [FOR_EVER, 'never', ALGORITHM_NAMES],
};

describe('VERIFIERS', () => {
  test.each(NAMES)('%s: what is known of it', (name) => {
    const [keyCache, refetch, algorithms] = KNOWN[name];
    expect(VERIFIERS[name]).toMatchObject({ name, keyCache, refetch });
    expect(new Set(VERIFIERS[name].algorithms)).toEqual(new Set(algorithms));
  });

  test.each(NAMES)('%s: is complete', (name) => {
    const { title, source, algorithms, cacheDocumented } = VERIFIERS[name];
    expect(title.length).toBeGreaterThan(3);
    expect(source).toMatch(name === 'fetch-once' ? /issues/ : /^https:\/\/\S+$/);
    // RS256 is what every verifier takes: it is the default.
    expect(algorithms).toContain('RS256');
    expect(new Set(algorithms).size).toBe(algorithms.length);
    expect(cacheDocumented).toBe(!['alb', 'sts', 'appsync'].includes(name));
  });

  test('no two have one title', () => {
    expect(new Set(NAMES.map((name) => VERIFIERS[name].title)).size).toBe(NAMES.length);
  });

  test('who limits the number of keys, who falls over a key of an unknown type, and who drops none', () => {
    const limits = NAMES.filter((name) => VERIFIERS[name].maxKeys !== undefined);
    expect(limits.map((name) => [name, VERIFIERS[name].maxKeys])).toEqual([
      ['alb', 10],
      ['sts', 100],
    ]);
    expect(NAMES.filter((name) => VERIFIERS[name].rejectsUnknownKeyTypes)).toEqual(['keyfunc']);
    expect(NAMES.filter((name) => VERIFIERS[name].keepsRemovedKeys)).toEqual(['get-jwks']);
  });

  test('only ours, jose and those that nobody has looked at are thought to take ML-DSA', () => {
    expect(NAMES.filter((name) => VERIFIERS[name].algorithms.includes('ML-DSA-44'))).toEqual([
      'keyturn',
      'jose',
      'fetch-once',
    ]);
  });
});

describe('blindSeconds', () => {
  test('its cool-down for one that fetches for an unknown kid, its cache for one that does not', () => {
    expect(blindSeconds(VERIFIERS.jose)).toBe(30);
    expect(blindSeconds(VERIFIERS['go-oidc'])).toBe(0);
    expect(blindSeconds(VERIFIERS['aws-jwt-verify'])).toBe(10);
    expect(blindSeconds(VERIFIERS.envoy)).toBe(10 * MINUTE);
    expect(blindSeconds(VERIFIERS['http-api'])).toBe(2 * HOUR);
    expect(blindSeconds(VERIFIERS['fetch-once'])).toBe(FOR_EVER);
  });

  test('of the table, only one never looks again', () => {
    expect(NAMES.filter((name) => fetchesOnce(VERIFIERS[name]))).toEqual(['fetch-once']);
  });
});

describe('parseVerifier', () => {
  test.each(NAMES)('%s, and back', (name) => {
    expect(parseVerifier(name)).toBe(VERIFIERS[name]);
    expect(verifierToJson(VERIFIERS[name])).toBe(name);
  });

  test('one of the team’s own', () => {
    const billing = { name: 'billing', keyCache: '10m', refetch: '1m30s', algorithms: ['RS256', 'ES256'], maxKeys: 4 };
    expect(parseVerifier(billing)).toEqual({
      name: 'billing',
      title: 'billing',
      algorithms: ['RS256', 'ES256'],
      keyCache: 600,
      refetch: 90,
      cacheDocumented: true,
      source: 'declared by the deployer',
      maxKeys: 4,
    });
    expect(verifierToJson(parseVerifier(billing))).toEqual(billing);
  });

  test('who does not say that it refetches does not, and without a list it takes every algorithm', () => {
    const verifier = parseVerifier({ name: 'billing', keyCache: '10m' });
    expect(verifier).toMatchObject({ refetch: 'never', algorithms: ALGORITHM_NAMES });
    expect(verifier).not.toHaveProperty('maxKeys');
    expect(blindSeconds(verifier)).toBe(600);
  });

  test('a cache without an end', () => {
    const verifier = parseVerifier({ name: 'billing', keyCache: 'forever', refetch: '0s' });
    expect(verifier).toMatchObject({ keyCache: FOR_EVER, refetch: 0 });
    expect(verifierToJson(verifier)).toMatchObject({ keyCache: 'forever', refetch: '0s' });
    expect(fetchesOnce(verifier)).toBe(false);
    expect(fetchesOnce(parseVerifier({ name: 'billing', keyCache: 'forever', refetch: 'never' }))).toBe(true);
  });

  test('one of the team’s own under a name of the table stays what the team says', () => {
    const verifier = parseVerifier({ name: 'jose', keyCache: '1h', refetch: '5m' });
    expect(parseVerifier(verifierToJson(verifier))).toEqual(verifier);
    expect(verifier.keyCache).toBe(HOUR);
  });

  const there = `there are ${NAMES.join(', ')}`;
  const duration = 'must be a duration such as 90d, 24h, 15m or 30s';
  test.each([
    ['nginx', `verifier "nginx" is not known; ${there}`],
    ['JOSE', `verifier "JOSE" is not known; ${there}`],
    ['', `verifier "" is not known; ${there}`],
    ['toString', `verifier "toString" is not known; ${there}`],
    [null, `verifier null is not known; ${there}`],
    [7, `verifier 7 is not known; ${there}`],
    [['jose'], `verifier ["jose"] is not known; ${there}`],
    [{}, 'a verifier must have a name'],
    [{ name: '' }, 'a verifier must have a name'],
    [{ name: 7, keyCache: '1m' }, 'a verifier must have a name'],
    [
      { name: 'x', keyCache: '1m', cache: '2m' },
      'cache is not a member of a verifier; there are name, keyCache, refetch, algorithms, maxKeys',
    ],
    [{ name: 'x' }, `keyCache of verifier x ${duration}, got undefined`],
    [{ name: 'x', keyCache: 600 }, `keyCache of verifier x ${duration}, got 600`],
    [{ name: 'x', keyCache: 'never' }, `keyCache of verifier x ${duration}, got "never"`],
    [{ name: 'x', keyCache: '1m', refetch: null }, `refetch of verifier x ${duration}, got null`],
    [{ name: 'x', keyCache: '1m', refetch: 'forever' }, `refetch of verifier x ${duration}, got "forever"`],
    [
      { name: 'x', keyCache: '1m', algorithms: 'RS256' },
      'algorithms of verifier x must be a list of at least one, got "RS256"',
    ],
    [{ name: 'x', keyCache: '1m', algorithms: [] }, 'algorithms of verifier x must be a list of at least one, got []'],
    [{ name: 'x', keyCache: '1m', maxKeys: 1 }, 'maxKeys of verifier x must be an integer of at least 2, got 1'],
    [{ name: 'x', keyCache: '1m', maxKeys: 2.5 }, 'maxKeys of verifier x must be an integer of at least 2, got 2.5'],
    [{ name: 'x', keyCache: '1m', maxKeys: '10' }, 'maxKeys of verifier x must be an integer of at least 2, got "10"'],
    [{ name: 'x', keyCache: '1m', maxKeys: null }, 'maxKeys of verifier x must be an integer of at least 2, got null'],
  ])('%j is refused', (entry, message) => {
    expect(refused(() => parseVerifier(entry))).toMatchObject({ code: 'policy_invalid', message });
  });

  test('an algorithm that nobody knows is refused', () => {
    expect(refused(() => parseVerifier({ name: 'x', keyCache: '1m', algorithms: ['HS256'] }))).toMatchObject({
      code: 'algorithm_unknown',
      message: `algorithm must be one of ${ALGORITHM_NAMES.join(', ')}, got HS256`,
    });
  });
});
