import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyturnError } from '../../lib/core/errors.ts';
import { documentPaths, parseIssuer } from '../../lib/core/issuer.ts';
import { refused } from './refused.ts';

describe('parseIssuer', () => {
  test.each([
    'https://auth.example.com',
    'https://auth.example.com:8443',
    'https://auth.example.com/tenant',
    'https://auth.example.com/a/b',
    'https://auth.example.com/Tenant',
    'https://xn--zrich-kva.example',
    'https://192.0.2.1',
    'https://[2001:db8::1]',
    'https://localhost',
    'http://localhost',
    'http://localhost:4790',
    'http://127.0.0.1:4790',
    'http://[::1]:4790/a',
    'http://issuer:4790',
    'http://my_issuer-1',
  ])('%s', (issuer) => {
    expect(parseIssuer(issuer)).toBe(issuer);
  });

  test.each([
    ['https://auth.example.com/', 'issuer must be written https://auth.example.com, got https://auth.example.com/'],
    [
      'https://auth.example.com/a/',
      'issuer must be written https://auth.example.com/a, got https://auth.example.com/a/',
    ],
    ['https://auth.example.com//', 'issuer must be written https://auth.example.com, got https://auth.example.com//'],
    ['https://Auth.Example.com', 'issuer must be written https://auth.example.com, got https://Auth.Example.com'],
    ['HTTPS://auth.example.com', 'issuer must be written https://auth.example.com, got HTTPS://auth.example.com'],
    [
      'https://auth.example.com:443',
      'issuer must be written https://auth.example.com, got https://auth.example.com:443',
    ],
    ['http://localhost:80', 'issuer must be written http://localhost, got http://localhost:80'],
    [
      'https://auth.example.com/a/../b',
      'issuer must be written https://auth.example.com/b, got https://auth.example.com/a/../b',
    ],
    ['https://auth.example.com?', 'issuer must be written https://auth.example.com, got https://auth.example.com?'],
    ['https://auth.example.com#', 'issuer must be written https://auth.example.com, got https://auth.example.com#'],
    [' https://auth.example.com', 'issuer must be written https://auth.example.com, got  https://auth.example.com'],
    ['https://zürich.example', 'issuer must be written https://xn--zrich-kva.example, got https://zürich.example'],
    ['https:auth.example.com', 'issuer must be written https://auth.example.com, got https:auth.example.com'],
    [
      'http://auth.example.com',
      'issuer must use https (http only on localhost, or at a name without a dot), got http://auth.example.com',
    ],
    [
      'http://localhost.example.com',
      'issuer must use https (http only on localhost, or at a name without a dot), got http://localhost.example.com',
    ],
    ['http://[::2]', 'issuer must use https (http only on localhost, or at a name without a dot), got http://[::2]'],
    [
      'http://192.0.2.1',
      'issuer must use https (http only on localhost, or at a name without a dot), got http://192.0.2.1',
    ],
    [
      'http://issuer.',
      'issuer must use https (http only on localhost, or at a name without a dot), got http://issuer.',
    ],
    [
      'http://3221225985',
      'issuer must use https (http only on localhost, or at a name without a dot), got http://192.0.2.1',
    ],
    [
      'ftp://localhost',
      'issuer must use https (http only on localhost, or at a name without a dot), got ftp://localhost',
    ],
    ['urn:example:auth', 'issuer must use https (http only on localhost, or at a name without a dot), got urn://'],
    ['https://auth.example.com/?a=b', 'issuer must have no query, fragment, user name or password'],
    ['https://auth.example.com/#a', 'issuer must have no query, fragment, user name or password'],
    ['https://me@auth.example.com', 'issuer must have no query, fragment, user name or password'],
    ['https://:word@auth.example.com', 'issuer must have no query, fragment, user name or password'],
    ['https://auth.example.com/a%20b', "issuer's path must be of letters, digits and ._/:=+@-, got /a%20b"],
    ['https://auth.example.com/~me', "issuer's path must be of letters, digits and ._/:=+@-, got /~me"],
    ['https://auth.example.com/*', "issuer's path must be of letters, digits and ._/:=+@-, got /*"],
    ['auth.example.com', 'issuer must be an https URL, got "auth.example.com"'],
    ['', 'issuer must be an https URL, got ""'],
    ['https://', 'issuer must be an https URL, got "https://"'],
    [undefined, 'issuer must be an https URL, got undefined'],
    [null, 'issuer must be an https URL, got null'],
    [['https://auth.example.com'], 'issuer must be an https URL, got ["https://auth.example.com"]'],
  ])('%j is refused', (value, message) => {
    expect(refused(() => parseIssuer(value))).toMatchObject({ code: 'policy_invalid', message });
  });

  test('is as long as its JWKS URL may be at an Application Load Balancer', () => {
    const longest = `https://auth.example.com/${'a'.repeat(256 - 'https://auth.example.com//.well-known/jwks.json'.length)}`;
    expect(parseIssuer(longest)).toBe(longest);
    expect(`${longest}/.well-known/jwks.json`).toHaveLength(256);
    expect(refused(() => parseIssuer(`${longest}a`)).message).toBe('issuer must have at most 234 characters, got 235');
  });

  test('takes the spelling that it asks for, whatever the URL', () => {
    const url = fc.webUrl({ validSchemes: ['https', 'HTTPS'], withQueryParameters: true, withFragments: true });
    fc.assert(
      fc.property(fc.oneof(url, fc.string()), (value) => {
        try {
          expect(parseIssuer(value)).toBe(value);
        } catch (error) {
          if (!(error instanceof KeyturnError)) throw error;
          const wanted = /^issuer must be written (\S+), got /.exec(error.message)?.[1];
          if (wanted !== undefined) expect(parseIssuer(wanted)).toBe(wanted);
        }
      }),
    );
  });
});

describe('documentPaths', () => {
  test('without a path', () => {
    expect(documentPaths('https://auth.example.com')).toEqual({
      jwks: '/.well-known/jwks.json',
      openidConfiguration: '/.well-known/openid-configuration',
      oauthAuthorizationServer: '/.well-known/oauth-authorization-server',
    });
  });

  test('with a path: OpenID Connect Discovery 1.0 §4 appends, RFC 8414 §3 inserts', () => {
    expect(documentPaths('https://auth.example.com/tenant/one')).toEqual({
      jwks: '/tenant/one/.well-known/jwks.json',
      openidConfiguration: '/tenant/one/.well-known/openid-configuration',
      oauthAuthorizationServer: '/.well-known/oauth-authorization-server/tenant/one',
    });
  });
});
