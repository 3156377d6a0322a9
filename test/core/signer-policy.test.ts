import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../lib/core/config.ts';
import { formatDuration } from '../../lib/core/duration.ts';
import { DEFAULT_SECRET_CLAIMS } from '../../lib/core/names.ts';
import { readSignerPolicy, signerPolicyToJson } from '../../lib/core/signer-policy.ts';
import { refused } from './refused.ts';

const issuer = 'https://auth.example.com';
const written = {
  issuer,
  tokenLifetime: '15m',
  maxTokenLifetime: '1h',
  signerCache: '30s',
  signingLatency: '30s',
};
/** As the function gets it: through the environment, as text. */
const throughText = (value: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(value));

describe('signerPolicyToJson', () => {
  test('is the part of the policy that a signer acts on', () => {
    expect(signerPolicyToJson(parsePolicy({ issuer, verifiers: ['jose'], cryptoperiod: '100d' }))).toEqual(written);
  });

  test('is read back as it was, whatever the policy', () => {
    const seconds = fc.nat(10_000_000).map(formatDuration);
    const settings = fc.record(
      {
        tokenLifetime: seconds,
        maxTokenLifetime: seconds,
        signerCache: seconds,
        signingLatency: seconds,
        secretClaims: fc.array(fc.string(), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(settings, (input) => {
        const { tokenLifetime, maxTokenLifetime, signerCache, signingLatency, secretClaims } = parsePolicy({
          ...input,
          issuer,
        });
        const read = readSignerPolicy(throughText(signerPolicyToJson(parsePolicy({ ...input, issuer }))));
        const windows = { tokenLifetime, maxTokenLifetime, signerCache, signingLatency };
        expect(read).toEqual({ issuer, ...windows, secretClaims });
      }),
    );
  });
});

describe('readSignerPolicy', () => {
  test('reads seconds', () => {
    expect(readSignerPolicy(written)).toEqual({
      issuer,
      tokenLifetime: 900,
      maxTokenLifetime: 3600,
      signerCache: 30,
      signingLatency: 30,
      secretClaims: DEFAULT_SECRET_CLAIMS,
    });
    expect(readSignerPolicy({ ...written, secretClaims: [] }).secretClaims).toEqual([]);
  });

  const duration = 'must be a duration such as 90d, 24h, 15m or 30s';
  test.each([
    ['tokenLifetime', undefined, `tokenLifetime ${duration}, got undefined`],
    ['maxTokenLifetime', 3600, `maxTokenLifetime ${duration}, got 3600`],
    ['signerCache', '', `signerCache ${duration}, got ""`],
    ['signingLatency', null, `signingLatency ${duration}, got null`],
    ['issuer', undefined, 'issuer must be an https URL, got undefined'],
    // A text has letters, and each of them would be a name.
    ['secretClaims', 'iban', 'secretClaims must be a list of names, got "iban"'],
    ['secretClaims', null, 'secretClaims must be a list of names, got null'],
    ['secretClaims', [7], 'secretClaims must be a list of names, got [7]'],
  ])('%s: %j is refused', (name, value, message) => {
    expect(refused(() => readSignerPolicy({ ...written, [name]: value }))).toMatchObject({
      code: 'policy_invalid',
      message,
    });
  });
});
