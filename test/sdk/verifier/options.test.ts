import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ALGORITHM_NAMES } from '../../../lib/core/algorithms.ts';
import { VERIFIERS } from '../../../lib/core/verifiers.ts';
import { createVerifier, type VerifierOptions } from '../../../lib/sdk/verifier/index.ts';
import { DEFAULTS } from '../../../lib/sdk/verifier/options.ts';
import { ISSUER } from './forge.ts';

const make = (change: object) =>
  createVerifier({ issuer: ISSUER, audience: 'orders-api', algorithms: ['RS256'], ...change } as VerifierOptions);

describe('is refused when it is made:', () => {
  test.each<[object, string]>([
    [{ audiences: ['a'] }, 'audiences is not an option here; there are issuer, audience, algorithms, types,'],
    [{ clockTolerence: 1 }, 'clockTolerence is not an option here'],
    [{ issuer: undefined }, 'issuer must be a string that is not empty'],
    [{ issuer: '' }, 'issuer must be a string that is not empty'],
    [{ issuer: [ISSUER] }, 'issuer must be a string that is not empty'],
    [{ issuer: 'auth.example.com' }, 'jwksUrl must be a URL, got "auth.example.com/.well-known/jwks.json"'],
    [
      { issuer: 'http://auth.example.com' },
      'jwksUrl must use https (http only on localhost, or at a name without a dot), got http://auth.example.com',
    ],
    [
      { jwksUrl: 'http://10.0.0.1/jwks' },
      'jwksUrl must use https (http only on localhost, or at a name without a dot), got http://10.0.0.1',
    ],
    [{ jwksUrl: 'https://keys.example.com/set#b' }, 'jwksUrl must have no fragment, got #b'],
    [{ issuer: 'https://auth.example.com/#b' }, 'jwksUrl must have no fragment, got #b/.well-known/jwks.json'],
    [{ jwksUrl: 'file:///etc/keys' }, 'jwksUrl must use https'],
    [{ jwksUrl: 'data:application/json,{}' }, 'jwksUrl must use https'],
    [{ audience: undefined }, 'audience must be an array of at least one string, none empty'],
    [{ audience: [] }, 'audience must be an array of at least one string, none empty'],
    [{ audience: '' }, 'audience must be an array of at least one string, none empty'],
    [{ audience: ['a', ''] }, 'audience must be an array of at least one string, none empty'],
    [{ audience: [/./] }, 'audience must be an array of at least one string, none empty'],
    [{ algorithms: undefined }, 'algorithms must be an array of at least one string, none empty'],
    [{ algorithms: [] }, 'algorithms must be an array of at least one string, none empty'],
    [{ algorithms: 'RS256' }, 'algorithms must be an array of at least one string, none empty'],
    [{ algorithms: ['RS256', 'HS256'] }, 'algorithms must be some of RS256,'],
    [{ algorithms: ['none'] }, 'algorithms must be some of RS256,'],
    [{ algorithms: ['rs256'] }, 'algorithms must be some of RS256,'],
    [{ types: [] }, 'types must be an array of at least one string, none empty'],
    [{ clockTolerance: 301 }, 'clockTolerance must be a number of seconds, 0 to 300, got 301'],
    [{ clockTolerance: -1 }, 'clockTolerance must be a number of seconds, 0 to 300, got -1'],
    [{ clockTolerance: '60' }, 'clockTolerance must be a number of seconds, 0 to 300, got 60'],
    [{ clockTolerance: Number.NaN }, 'clockTolerance must be a number of seconds, 0 to 300, got NaN'],
    [{ maxTokenLifetime: Number.POSITIVE_INFINITY }, 'maxTokenLifetime must be a number of seconds, at least 1'],
    [{ keysMaxAge: 0 }, 'keysMaxAge must be a number of seconds, at least 1, got 0'],
    [{ keysCooldown: 0 }, 'keysCooldown must be a number of seconds, at least 1, got 0'],
    [{ keysCooldown: 301 }, 'keysCooldown must be at most keysMaxAge'],
    [{ keysCeiling: 299 }, 'keysMaxAge must be at most keysCeiling'],
    [{ keysTimeout: 0 }, 'keysTimeout must be a number of seconds, 0.001 to 60, got 0'],
  ])('%j', (change, message) => {
    expect(() => make(change)).toThrow(TypeError);
    expect(() => make(change)).toThrow(message);
  });
});

test.each<object>([
  { jwksUrl: 'https://keys.example.com/a?b' },
  { clockTolerance: 300, keysTimeout: 60, keysCooldown: 5, keysMaxAge: 5, keysCeiling: 5 },
  { clockTolerance: 0, maxTokenLifetime: 1, keysCooldown: 1, keysMaxAge: 1 },
  { issuer: 'http://localhost:4790' },
  { issuer: 'http://127.0.0.1:4790' },
  { issuer: 'urn:example:issuer', jwksUrl: 'https://keys.example.com' },
  // A container beside this one.
  { issuer: 'http://keyturn:4790' },
  { audience: ['a', 'b'], types: undefined, clockTolerance: undefined, fetch: undefined },
])('%j is taken', (change) => {
  expect(() => make(change)).not.toThrow();
});

test.each(Object.entries(DEFAULTS))('%s has its default in its declaration and in the documentation', (name, value) => {
  const source = readFileSync(new URL('../../../lib/sdk/verifier/options.ts', import.meta.url), 'utf8');
  const docs = readFileSync(new URL('../../../docs/verifiers/keyturn.md', import.meta.url), 'utf8');
  const written = Array.isArray(value) ? `[${value.map((one) => `'${one}'`).join(', ')}]` : String(value);
  expect(source).toMatch(
    new RegExp(`@default ${written.replaceAll(/[[\]+]/g, '\\$&')}\\n   \\*/\\n  readonly ${name}\\?`),
  );
  expect(docs).toContain(`| \`${name}\` | \`${written}\` |`);
});

test('the verifier table has them too', () => {
  const { keyCache, refetch, algorithms } = VERIFIERS.keyturn;
  expect({ keyCache, refetch, algorithms }).toEqual({
    keyCache: DEFAULTS.keysCeiling,
    refetch: DEFAULTS.keysCooldown,
    algorithms: ALGORITHM_NAMES,
  });
});

test('every option is in the documentation', () => {
  const docs = readFileSync(new URL('../../../docs/verifiers/keyturn.md', import.meta.url), 'utf8');
  const [, names = ''] =
    /there are (.*)$/.exec(
      String(
        (() => {
          try {
            return make({ none: 1 });
          } catch (error) {
            return (error as Error).message;
          }
        })(),
      ),
    ) ?? [];
  for (const name of names.split(', ')) expect(docs).toContain(`| \`${name}\` |`);
});
