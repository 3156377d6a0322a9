import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALGORITHM_NAMES } from '../../lib/core/algorithms.ts';
import { type Policy, parsePolicy } from '../../lib/core/config.ts';
import { formatDuration } from '../../lib/core/duration.ts';
import {
  blindestVerifier,
  cacheControl,
  edgeAge,
  expectedKeys,
  graceEnd,
  lastTurn,
  maxKeys,
  maxKmsKeys,
  minGrace,
  minPublicationLead,
  minRotationPeriod,
  orphanAge,
  requireSafe,
  unsafe,
} from '../../lib/core/policy.ts';
import { parseVerifier, VERIFIERS, type VerifierName } from '../../lib/core/verifiers.ts';
import { refused } from './refused.ts';

const DAY = 86_400;
const HOUR = 3600;
const NAMES = Object.keys(VERIFIERS) as VerifierName[];
const policy = (settings: Record<string, unknown> = {}): Policy =>
  parsePolicy({ issuer: 'https://auth.example.com', ...settings });
const faults = (settings: Record<string, unknown>): string[] => unsafe(policy(settings));

// Every term has a digit of its own, so that a missing or doubled one shows.
describe('arithmetic', () => {
  const edge = { edgeMaxAge: 1, edgeStaleWhileRevalidate: 10, edgeStaleIfError: 100 };

  test('edgeAge: a copy may be served fresh, then while it is revalidated, then on an error', () => {
    expect(edgeAge(edge)).toBe(111);
    expect(cacheControl(edge)).toBe('public, max-age=1, stale-while-revalidate=10, stale-if-error=100');
  });

  test('minPublicationLead: the blindest verifier, the edge, two clocks', () => {
    const verifiers = ['jose', { name: 'blind', keyCache: '20000s', refetch: 'never' }, 'keyfunc'].map(parseVerifier);
    expect(minPublicationLead({ ...edge, clockSkew: 1000, verifiers })).toBe(20_000 + 111 + 2000);
    expect(minPublicationLead({ ...edge, clockSkew: 1000, verifiers: [VERIFIERS.keyfunc] })).toBe(300 + 111 + 2000);
    expect(minPublicationLead({ ...edge, clockSkew: 1000, verifiers: [] })).toBe(111 + 2000);
  });

  test('minPublicationLead: where nobody said who verifies, two hours', () => {
    expect(minPublicationLead({ ...edge, clockSkew: 0, verifiers: undefined })).toBe(2 * HOUR + 111);
  });

  test('minRotationPeriod: the lead, and the tick that notices', () => {
    expect(minRotationPeriod({ publicationLead: 10, tick: 1 })).toBe(11);
  });

  test('minGrace: signer, signature, token, leeway, and two machines’ clocks that err twice', () => {
    const windows = { signerCache: 1, signingLatency: 10, verifierLeeway: 100, clockSkew: 10_000 };
    expect(minGrace(windows, 1000)).toBe(1 + 10 + 1000 + 100 + 40_000);
  });

  test('lastTurn: a whole token, the tick that notices, and two clocks before the hard end', () => {
    expect(lastTurn({ maxTokenLifetime: 10, tick: 1, clockSkew: 100 }, 5000)).toBe(5000 - 10 - 1 - 200);
  });

  test('graceEnd: what the key’s tokens were promised counts, where that is more than the policy', () => {
    const p = policy({ grace: '2h', maxTokenLifetime: '1h' });
    expect(graceEnd(p, { endedAt: 1000, maxTokenLifetime: HOUR })).toBe(1000 + 2 * HOUR);
    expect(graceEnd(p, { endedAt: 1000, maxTokenLifetime: 60 })).toBe(1000 + 2 * HOUR);
    expect(graceEnd(p, { endedAt: 1000, maxTokenLifetime: DAY })).toBe(1000 + minGrace(p, DAY));
    // Not even a policy that waives the check cuts it.
    const reckless = policy({ grace: '0s', unsafeWindows: true });
    expect(graceEnd(reckless, { endedAt: 1000, maxTokenLifetime: HOUR })).toBe(1000 + minGrace(reckless, HOUR));
  });

  test.each([
    [0, 90, 2],
    [10, 90, 3],
    [90, 90, 3],
    [91, 90, 4],
    [80, 10, 10],
    [81, 10, 11],
  ])('expectedKeys: grace %i over period %i keeps %i', (grace, rotationPeriod, keys) => {
    expect(expectedKeys({ grace, rotationPeriod })).toBe(keys);
  });

  test('maxKeys: ten, or what the strictest verifier takes', () => {
    const own = (keys: number) => parseVerifier({ name: `takes ${keys}`, keyCache: '1m', maxKeys: keys });
    expect(maxKeys({ verifiers: undefined })).toBe(10);
    expect(maxKeys({ verifiers: [] })).toBe(10);
    expect(maxKeys({ verifiers: [VERIFIERS.jose, VERIFIERS.alb] })).toBe(10);
    expect(maxKeys({ verifiers: [VERIFIERS.sts, own(1000)] })).toBe(10);
    expect(maxKeys({ verifiers: [own(7), own(4), VERIFIERS.alb] })).toBe(4);
    expect(maxKmsKeys({ verifiers: [own(4)] })).toBe(6);
  });

  test('orphanAge: a tick’s time limit, two clocks, a quarter of an hour', () => {
    expect(orphanAge({ clockSkew: 1000 })).toBe(120 + 2000 + 900);
  });
});

describe('defaults', () => {
  test('are these, and safe', () => {
    const p = policy();
    expect(p).toEqual({
      issuer: 'https://auth.example.com',
      algorithm: 'RS256',
      verifiers: undefined,
      rotationPeriod: 90 * DAY,
      publicationLead: DAY,
      grace: 10 * DAY,
      tokenLifetime: 900,
      maxTokenLifetime: HOUR,
      tick: 900,
      edgeMaxAge: 300,
      edgeStaleWhileRevalidate: 60,
      edgeStaleIfError: HOUR,
      signerCache: 30,
      signingLatency: 30,
      clockSkew: 300,
      verifierLeeway: 300,
      deletionWindow: 30 * DAY,
      cryptoperiod: undefined,
      activationWindow: undefined,
      secretClaims: p.secretClaims,
      unsafeWindows: false,
    });
    expect(unsafe(p)).toEqual([]);
    expect(requireSafe(p)).toBe(p);
    expect(cacheControl(p)).toBe('public, max-age=300, stale-while-revalidate=60, stale-if-error=3600');
    expect(expectedKeys(p)).toBe(3);
  });

  test.each([
    [undefined, '1d'],
    [[], '1d'],
    [['jose', 'aws-jwt-verify', 'go-oidc'], '1d'],
    [['http-api', 'microsoft', 'istio'], '1d'],
    // A cache of a day that nobody documents, 66 minutes of edge, 10 of clocks.
    [['jose', 'alb'], '1d1h16m'],
    [['sts'], '1d1h16m'],
    [[{ name: 'billing', keyCache: '30h', refetch: 'never' }], '1d7h16m'],
    [[{ name: 'billing', keyCache: '22h43m59s', refetch: 'never' }], '1d'],
    [[{ name: 'billing', keyCache: '22h44m1s', refetch: 'never' }], '1d1s'],
    [[{ name: 'billing', keyCache: '30h', refetch: '30s' }], '1d'],
    // Refused anyhow: no lead is long enough.
    [['fetch-once'], '1d'],
  ])('the lead for %j is %s', (verifiers, lead) => {
    const p = policy({ verifiers });
    expect(formatDuration(p.publicationLead)).toBe(lead);
    expect(unsafe(p).filter((sentence) => sentence.startsWith('publicationLead'))).toEqual([]);
  });

  test.each(NAMES.filter((name) => name !== 'fetch-once'))('are safe for %s', (name) => {
    expect(faults({ verifiers: [name] })).toEqual([]);
  });
});

describe('windows, a second below their minimum, at it and above', () => {
  const undeclared =
    'publicationLead must be at least how long API Gateway HTTP API JWT authorizer may miss a new key (2h)' +
    ' + edge age (1h6m) + 2 × clockSkew (10m)' +
    ' (no verifiers are declared, so the longest documented cache is assumed) = 3h16m, got 3h15m59s';
  const declared =
    'publicationLead must be at least how long golang-jwt with keyfunc may miss a new key (5m)' +
    ' + edge age (1h6m) + 2 × clockSkew (10m) = 1h21m, got 1h20m59s';
  const rotationPeriod = 'rotationPeriod must be at least publicationLead (1d) + tick (15m) = 1d15m, got 1d14m59s';
  const grace =
    'grace must be at least signerCache (30s) + signingLatency (30s) + maxTokenLifetime (1h)' +
    ' + verifierLeeway (5m) + 4 × clockSkew (20m) = 1h26m, got 1h25m59s';
  const cryptoperiod =
    'cryptoperiod must be at least rotationPeriod (90d) + tick (15m) + maxTokenLifetime (1h) + 2 × clockSkew (10m) = 90d1h25m, got 90d1h24m59s';
  test.each([
    ['publicationLead', '3h16m', {}, undeclared],
    ['publicationLead', '1h21m', { verifiers: ['jose', 'keyfunc'] }, declared],
    [
      'publicationLead',
      '1h16m',
      { verifiers: [] },
      'publicationLead must be at least edge age (1h6m) + 2 × clockSkew (10m) = 1h16m, got 1h15m59s',
    ],
    ['rotationPeriod', '1d15m', { grace: '2h' }, rotationPeriod],
    ['grace', '1h26m', {}, grace],
    ['tokenLifetime', '1s', {}, 'tokenLifetime must be at least one second = 1s, got 0s'],
    ['maxTokenLifetime', '15m', {}, 'maxTokenLifetime must be at least tokenLifetime = 15m, got 14m59s'],
    ['tick', '1s', {}, 'tick must be at least one second = 1s, got 0s'],
    ['signerCache', '1s', {}, 'signerCache must be at least one second = 1s, got 0s'],
    ['signingLatency', '1s', {}, 'signingLatency must be at least one second = 1s, got 0s'],
    ['deletionWindow', '7d', {}, 'deletionWindow must be 7d to 30d in whole days, got 6d23h59m59s'],
    ['cryptoperiod', '90d1h25m', {}, cryptoperiod],
  ])('%s of %s', (name, minimum, settings, sentence) => {
    const seconds = policy({ [name]: minimum })[name as 'grace'];
    expect(faults({ ...settings, [name]: formatDuration(seconds - 1) })).toEqual([sentence]);
    expect(faults({ ...settings, [name]: minimum })).toEqual([]);
    // KMS counts a deletion in days.
    const above = seconds + (name === 'deletionWindow' ? DAY : 1);
    expect(faults({ ...settings, [name]: formatDuration(above) })).toEqual([]);
  });

  test.each(['0s', '6d', '7d1s', '8d12h', '29d23h59m59s', '30d1s', '31d'])('deletionWindow of %s', (window) => {
    expect(faults({ deletionWindow: window })).toEqual([
      `deletionWindow must be 7d to 30d in whole days, got ${window}`,
    ]);
  });
  test.each(['7d', '8d', '29d', '30d', '168h'])('deletionWindow of %s is taken', (window) => {
    expect(faults({ deletionWindow: window })).toEqual([]);
  });

  test('every broken rule has its sentence', () => {
    const all = faults({ publicationLead: '1h', rotationPeriod: '1h', grace: '1h', signerCache: '0s', tick: '0s' });
    expect(all.map((sentence) => sentence.split(' ')[0])).toEqual(['publicationLead', 'grace', 'tick', 'signerCache']);
  });

  test('whatever the windows, their minima are safe together, and each less one is refused by name', () => {
    const seconds = (max: number) => fc.integer({ min: 1, max });
    const terms = fc.record({
      edgeMaxAge: fc.nat(3000),
      edgeStaleWhileRevalidate: fc.nat(3000),
      edgeStaleIfError: fc.nat(90_000),
      signerCache: seconds(300),
      signingLatency: seconds(300),
      clockSkew: fc.nat(600),
      verifierLeeway: fc.nat(600),
      tick: seconds(3600),
      tokenLifetime: seconds(3600),
      more: fc.nat(90_000),
      verifiers: fc.option(fc.subarray(NAMES.filter((name) => name !== 'fetch-once')), { nil: undefined }),
    });
    fc.assert(
      fc.property(terms, ({ more, verifiers, ...given }) => {
        const maxTokenLifetime = given.tokenLifetime + more;
        const base = { ...policy({ verifiers }), ...given, maxTokenLifetime };
        const publicationLead = minPublicationLead(base);
        const grace = minGrace(base, maxTokenLifetime);
        const rotationPeriod = Math.max(minRotationPeriod({ ...base, publicationLead }), Math.ceil(grace / 8));
        const cryptoperiod = rotationPeriod + given.tick + maxTokenLifetime + 2 * given.clockSkew;
        const least: Policy = { ...base, publicationLead, grace, rotationPeriod, cryptoperiod };
        expect(unsafe(least)).toEqual([]);
        const names = ['publicationLead', 'grace', 'cryptoperiod'] as const;
        for (const name of names) {
          const less = { ...least, [name]: (least[name] ?? 0) - 1 };
          expect(unsafe(less)).toEqual([expect.stringMatching(new RegExp(`^${name} must be at least `))]);
        }
      }),
    );
  });
});

describe('verifiers', () => {
  test.each(
    NAMES.filter((name) => name !== 'fetch-once').flatMap((name) =>
      ALGORITHM_NAMES.map((algorithm): [VerifierName, string, boolean] => [
        name,
        algorithm,
        VERIFIERS[name].algorithms.includes(algorithm),
      ]),
    ),
  )('%s, %s: %s', (name, algorithm, taken) => {
    const { title, algorithms } = VERIFIERS[name];
    const sentence =
      name === 'keyfunc' && algorithm.startsWith('ML-DSA')
        ? `golang-jwt with keyfunc rejects a whole JWKS over one ${algorithm} key`
        : `${title} takes ${algorithms.join(', ')}, but algorithm is ${algorithm}`;
    expect(faults({ verifiers: [name], algorithm })).toEqual(taken ? [] : [sentence]);
  });

  test('an algorithm is refused once for every verifier that cannot take it', () => {
    expect(faults({ verifiers: ['jose', 'alb', 'http-api', 'go-oidc'], algorithm: 'ES256' })).toEqual([
      'Application Load Balancer takes RS256, but algorithm is ES256',
      'API Gateway HTTP API JWT authorizer takes RS256, RS384, RS512, but algorithm is ES256',
    ]);
  });

  test('without declared verifiers every algorithm is taken', () => {
    for (const algorithm of ALGORITHM_NAMES) expect(faults({ algorithm })).toEqual([]);
  });

  test.each([
    ['fetch-once', 'a verifier that fetches once at its start'],
    [{ name: 'billing', keyCache: 'forever' }, 'billing'],
  ])('%j is refused, for whatever windows, and no other sentence follows from it', (verifier, title) => {
    const sentence = `${title} never fetches the JWKS again, so no rotation is safe for it`;
    expect(faults({ verifiers: [verifier] })).toEqual([sentence]);
    expect(faults({ verifiers: [verifier, 'jose'], publicationLead: '400d', rotationPeriod: '800d' })).toEqual([
      sentence,
    ]);
  });

  test('one of the team’s own is asked for everything too', () => {
    const billing = { name: 'billing', keyCache: '3d', refetch: 'never', algorithms: ['ES256'], maxKeys: 2 };
    expect(faults({ verifiers: ['jose', billing], publicationLead: '3d' })).toEqual([
      'publicationLead must be at least how long billing may miss a new key (3d) + edge age (1h6m) + 2 × clockSkew (10m) = 3d1h16m, got 3d',
      'grace 10d over rotationPeriod 90d keeps 3 keys in the JWKS, billing takes at most 2',
      'billing takes ES256, but algorithm is RS256',
    ]);
  });

  test.each([
    [undefined, 'a JWKS'],
    [['sts'], 'a JWKS'],
    [['jose', 'alb'], 'Application Load Balancer'],
  ])('ten keys and no more for %j', (verifiers, title) => {
    const settings = { verifiers, rotationPeriod: '10d', publicationLead: '2d' };
    expect(faults({ ...settings, grace: '80d' })).toEqual([]);
    expect(faults({ ...settings, grace: '80d1s' })).toEqual([
      `grace 80d1s over rotationPeriod 10d keeps 11 keys in the JWKS, ${title} takes at most 10`,
    ]);
  });

  test('the blindest is the one that a lead waits for', () => {
    const title = (verifiers?: VerifierName[]) => blindestVerifier(policy({ verifiers }))?.title;
    expect(title()).toBe('API Gateway HTTP API JWT authorizer');
    expect(title([])).toBeUndefined();
    expect(title(['aws-jwt-verify', 'jose', 'go-oidc'])).toBe('jose (createRemoteJWKSet)');
    expect(title(['microsoft', 'envoy'])).toBe('Envoy jwt_authn');
    expect(title(['fetch-once', 'jose'])).toBe('jose (createRemoteJWKSet)');
  });
});

describe('requireSafe', () => {
  const reckless = { publicationLead: '0s', grace: '0s', deletionWindow: '1d', verifiers: ['alb'], algorithm: 'ES256' };

  test('refuses with every sentence', () => {
    const { code, message } = refused(() => requireSafe(policy(reckless)));
    expect(code).toBe('policy_unsafe');
    expect(message).toBe(faults(reckless).join('; '));
    expect(faults(reckless)).toHaveLength(4);
  });

  test('is waived by unsafeWindows, and nothing else is', () => {
    const waived = policy({ ...reckless, unsafeWindows: true });
    expect(requireSafe(waived)).toBe(waived);
    expect(unsafe(waived)).toEqual(faults(reckless));
    for (const wrong of [
      { grace: 'soon' },
      { issuer: 'http://auth.example.com' },
      { verifiers: ['nginx'] },
      { gracy: 1 },
    ]) {
      expect(refused(() => policy({ ...wrong, unsafeWindows: true })).code).toBe('policy_invalid');
    }
  });
});
