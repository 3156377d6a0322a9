import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALGORITHM_NAMES } from '../../lib/core/algorithms.ts';
import { parsePolicy, policyToJson, WINDOW_DEFAULTS } from '../../lib/core/config.ts';
import { DEFAULT_SECRET_CLAIMS } from '../../lib/core/names.ts';
import { unsafe } from '../../lib/core/policy.ts';
import { VERIFIERS } from '../../lib/core/verifiers.ts';
import { refused } from './refused.ts';

const issuer = 'https://auth.example.com';
const WINDOWS = Object.keys(WINDOW_DEFAULTS);
/** As the functions get it: through the environment, as text. */
const throughText = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('parsePolicy', () => {
  test('takes an issuer and nothing else', () => {
    const policy = parsePolicy({ issuer });
    expect(policy.issuer).toBe(issuer);
    expect(policy.secretClaims).toBe(DEFAULT_SECRET_CLAIMS);
  });

  test('reads every setting', () => {
    const windows = Object.fromEntries(WINDOWS.map((name, index) => [name, `${index + 1}d`]));
    const policy = parsePolicy({
      ...windows,
      issuer,
      algorithm: 'ES256',
      verifiers: ['jose', { name: 'billing', keyCache: '10m' }],
      publicationLead: '36h',
      cryptoperiod: '1h30m',
      activationWindow: 'Tue-Thu 09:00-15:00 Europe/Zurich',
      secretClaims: ['iban'],
      unsafeWindows: true,
    });
    expect(policy).toMatchObject(Object.fromEntries(WINDOWS.map((name, index) => [name, (index + 1) * 86_400])));
    expect(policy).toMatchObject({
      algorithm: 'ES256',
      publicationLead: 129_600,
      cryptoperiod: 5_400,
      activationWindow: { days: ['Tue', 'Wed', 'Thu'] },
      secretClaims: ['iban'],
      unsafeWindows: true,
    });
    expect(policy.verifiers?.map(({ name }) => name)).toEqual(['jose', 'billing']);
  });

  test('a setting that is undefined is one that nobody wrote', () => {
    const names = [...WINDOWS, 'algorithm', 'verifiers', 'publicationLead', 'cryptoperiod', 'activationWindow'];
    const blank = Object.fromEntries([...names, 'secretClaims', 'unsafeWindows'].map((name) => [name, undefined]));
    expect(parsePolicy({ ...blank, issuer })).toEqual(parsePolicy({ issuer }));
  });

  test('an unknown setting is refused by name, with those that there are', () => {
    const there = [
      ...['activationWindow', 'algorithm', 'clockSkew', 'cryptoperiod', 'deletionWindow', 'edgeMaxAge'],
      ...['edgeStaleIfError', 'edgeStaleWhileRevalidate', 'grace', 'issuer', 'maxTokenLifetime', 'publicationLead'],
      ...['rotationPeriod', 'secretClaims', 'signerCache', 'signingLatency', 'tick', 'tokenLifetime', 'unsafeWindows'],
      ...['verifierLeeway', 'verifiers'],
    ];
    expect(refused(() => parsePolicy({ issuer, rotationperiod: '90d' }))).toMatchObject({
      code: 'policy_invalid',
      message: `rotationperiod is not a setting; there are ${there.join(', ')}`,
    });
    for (const name of ['constructor', '__proto__', 'toString', '']) {
      const input: unknown = JSON.parse(`{ "issuer": "${issuer}", "${name}": "90d" }`);
      expect(refused(() => parsePolicy(input)).message).toMatch(new RegExp(`^${name} is not a setting; `));
    }
  });

  test.each([null, undefined, 7, 'RS256', [], [{ issuer }]])('%j is no policy', (input) => {
    expect(refused(() => parsePolicy(input))).toMatchObject({
      code: 'policy_invalid',
      message: `the policy must be an object, got ${JSON.stringify(input)}`,
    });
  });

  test.each([...WINDOWS, 'publicationLead', 'cryptoperiod'])('%s must be a duration', (name) => {
    for (const value of ['90', '', '-1d', 90, null, false, {}, ['90d']]) {
      expect(refused(() => parsePolicy({ issuer, [name]: value }))).toMatchObject({
        code: 'policy_invalid',
        message: `${name} must be a duration such as 90d, 24h, 15m or 30s, got ${JSON.stringify(value)}`,
      });
    }
  });

  test.each([
    ['verifiers', 'jose', 'verifiers must be a list, got "jose"'],
    ['verifiers', null, 'verifiers must be a list, got null'],
    ['verifiers', { jose: true }, 'verifiers must be a list, got {"jose":true}'],
    ['verifiers', ['jsoe'], `verifier "jsoe" is not known; there are ${Object.keys(VERIFIERS).join(', ')}`],
    ['secretClaims', 'iban', 'secretClaims must be a list of names, got "iban"'],
    ['secretClaims', null, 'secretClaims must be a list of names, got null'],
    ['secretClaims', ['iban', 7], 'secretClaims must be a list of names, got ["iban",7]'],
    ['unsafeWindows', 'true', 'unsafeWindows must be true or false, got "true"'],
    ['unsafeWindows', 1, 'unsafeWindows must be true or false, got 1'],
    ['unsafeWindows', null, 'unsafeWindows must be true or false, got null'],
    ['issuer', undefined, 'issuer must be an https URL, got undefined'],
    [
      'issuer',
      'http://auth.example.com',
      'issuer must use https (http only on localhost, or at a name without a dot), got http://auth.example.com',
    ],
    [
      'activationWindow',
      null,
      'activationWindow must read like "Tue-Thu 09:00-15:00 Europe/Zurich"; form not recognised in null',
    ],
    [
      'activationWindow',
      'always',
      'activationWindow must read like "Tue-Thu 09:00-15:00 Europe/Zurich"; form not recognised in "always"',
    ],
  ])('%s: %j is refused', (name, value, message) => {
    expect(refused(() => parsePolicy({ issuer, [name]: value }))).toMatchObject({ code: 'policy_invalid', message });
  });

  test.each(['HS256', 'none', 'rs256', 'Ed25519', 'toString', '', null, 7, ['RS256']])(
    'algorithm: %j is refused',
    (value) => {
      expect(refused(() => parsePolicy({ issuer, algorithm: value }))).toMatchObject({
        code: 'algorithm_unknown',
        message: `algorithm must be one of ${ALGORITHM_NAMES.join(', ')}, got ${String(value)}`,
      });
    },
  );
});

describe('policyToJson', () => {
  const duration = fc
    .tuple(fc.nat(400), fc.nat(23), fc.nat(59), fc.nat(59))
    .map(([d, h, m, s]) => `${d}d${h}h${m}m${s}s`);
  const own = fc.record(
    {
      name: fc.string({ minLength: 1 }),
      keyCache: fc.oneof(duration, fc.constant('forever')),
      refetch: fc.oneof(duration, fc.constant('never')),
      algorithms: fc.subarray(ALGORITHM_NAMES, { minLength: 1 }),
      maxKeys: fc.integer({ min: 2, max: 1000 }),
    },
    { requiredKeys: ['name', 'keyCache'] },
  );
  const settings = fc.record(
    {
      issuer: fc.constantFrom(issuer, 'https://auth.example.com/tenant', 'http://localhost:4790'),
      algorithm: fc.constantFrom(...ALGORITHM_NAMES),
      verifiers: fc.array(fc.oneof(fc.constantFrom(...Object.keys(VERIFIERS)), own), { maxLength: 5 }),
      publicationLead: duration,
      cryptoperiod: duration,
      activationWindow: fc.constantFrom('Tue-Thu 09:00-15:00 Europe/Zurich', 'Sun 00:00-24:00 UTC'),
      secretClaims: fc.array(fc.string(), { maxLength: 3 }),
      unsafeWindows: fc.boolean(),
      ...Object.fromEntries(WINDOWS.map((name) => [name, duration])),
    },
    { requiredKeys: ['issuer'] },
  );

  test('is read back as it was, whatever the policy', () => {
    fc.assert(
      fc.property(settings, (input) => {
        const policy = parsePolicy(input);
        const text = throughText(policyToJson(policy));
        expect(parsePolicy(text)).toEqual(policy);
        expect(policyToJson(parsePolicy(text))).toEqual(text);
        expect(unsafe(parsePolicy(text))).toEqual(unsafe(policy));
      }),
      { numRuns: 300 },
    );
  });

  test('writes durations as people do, and no default that is long or absent', () => {
    expect(policyToJson(parsePolicy({ issuer }))).toEqual({
      ...WINDOW_DEFAULTS,
      issuer,
      algorithm: 'RS256',
      publicationLead: '1d',
      edgeMaxAge: '5m',
      edgeStaleWhileRevalidate: '1m',
    });
  });

  test.each([
    [{ cryptoperiod: '0s' }, { cryptoperiod: '0s' }],
    [{ verifiers: [] }, { verifiers: [] }],
    [{ secretClaims: [] }, { secretClaims: [] }],
    [{ unsafeWindows: true }, { unsafeWindows: true }],
  ])('%j is not taken for nothing', (input, output) => {
    expect(policyToJson(parsePolicy({ issuer, ...input }))).toMatchObject(output);
  });
});
