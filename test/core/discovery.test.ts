import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ALGORITHM_NAMES, type Algorithm } from '../../lib/core/algorithms.ts';
import { parsePolicy } from '../../lib/core/config.ts';
import { renderDocuments, renderMetadata } from '../../lib/core/discovery.ts';
import type { PublicJwk } from '../../lib/core/jwk.ts';
import { readVersion, renderJwks } from '../../lib/core/jwks.ts';
import { type Keyring, pendingKeys } from '../../lib/core/keyring.ts';
import { activate, addPending, foundKeyring, observe, openIntent, retire } from '../../lib/core/transitions.ts';

const ISSUER = 'https://auth.example.com';
const policy = parsePolicy({
  issuer: ISSUER,
  edgeMaxAge: '10s',
  edgeStaleWhileRevalidate: '20s',
  edgeStaleIfError: '30s',
});

/** What is inside a key is of no importance here. */
const jwk = (alg: Algorithm, seed: number) =>
  ({ kty: 'AKP', kid: hash('sha256', `${seed}`, 'base64url'), use: 'sig', alg, pub: `${seed}` }) as PublicJwk;

function keyring(issuer: string, ...algorithms: Algorithm[]): Keyring {
  let ring = foundKeyring(issuer, 'k1', 'bucket');
  for (const [seed, algorithm] of algorithms.entries()) {
    ring = openIntent(ring, { id: `k1.${seed}`, algorithm, openedAt: seed });
    const made = { intentId: `k1.${seed}`, keyArn: `arn:${seed}`, jwk: jwk(algorithm, seed) };
    ring = addPending(ring, made, seed);
  }
  return ring;
}
const algorithms = (ring: Keyring) => renderMetadata(ring).id_token_signing_alg_values_supported;

describe('renderMetadata', () => {
  test('has what OpenID Connect Discovery 1.0 §3 requires of an issuer without endpoints, and the version', () => {
    expect(renderMetadata(keyring(ISSUER, 'RS256'))).toEqual({
      issuer: ISSUER,
      jwks_uri: 'https://auth.example.com/.well-known/jwks.json',
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      documentVersion: 1,
    });
  });

  test('omits what has no elements (RFC 8414 §3.2, OpenID Connect Discovery 1.0 §4.2)', () => {
    for (const value of Object.values(renderMetadata(keyring(ISSUER, 'RS256', 'ES256')))) {
      if (Array.isArray(value)) expect(value).not.toEqual([]);
    }
  });

  test.each([
    ['https://auth.example.com/tenant/one', 'https://auth.example.com/tenant/one/.well-known/jwks.json'],
    ['http://localhost:4790', 'http://localhost:4790/.well-known/jwks.json'],
  ])('%s has its keys at %s', (issuer, jwks) => {
    expect(renderMetadata(keyring(issuer, 'RS256'))).toMatchObject({ issuer, jwks_uri: jwks });
  });

  test('lists the algorithms of the keys that are rendered, once and in one order', () => {
    expect(algorithms(keyring(ISSUER, 'RS256', 'ES256', 'RS256'))).toEqual(['ES256', 'RS256']);
    expect(algorithms(keyring(ISSUER, 'ES256', 'RS256'))).toEqual(['ES256', 'RS256']);
    expect(algorithms(keyring(ISSUER, ...ALGORITHM_NAMES))).toEqual(ALGORITHM_NAMES.toSorted());
  });

  test('announces an algorithm before its first key signs, and no longer than its last key is rendered', () => {
    const two = keyring(ISSUER, 'RS256', 'ES256');
    const [first, second] = pendingKeys(two);
    if (!first || !second) throw new Error('expected two keys');
    const terms = { maxTokenLifetime: 60 };
    const signing = activate(observe(two, first.kid, 10), { ...first, observedAt: 10 }, terms, 11);
    expect(algorithms(signing)).toEqual(['ES256', 'RS256']);
    const changed = activate(observe(signing, second.kid, 20), { ...second, observedAt: 20 }, terms, 21);
    expect(algorithms(changed)).toEqual(['ES256', 'RS256']);
    expect(JSON.stringify(renderMetadata(changed))).toBe(JSON.stringify(renderMetadata(two)));
    expect(algorithms(retire(changed, first.kid, 'rotated', 30))).toEqual(['ES256']);
  });
});

describe('renderDocuments', () => {
  test('puts the metadata before the JWKS, which holds the first key of an algorithm', () => {
    expect(renderDocuments(keyring(ISSUER, 'RS256'), policy).map(({ path }) => path)).toEqual([
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
      '/.well-known/jwks.json',
    ]);
    expect(renderDocuments(keyring(`${ISSUER}/tenant`, 'RS256'), policy).map(({ path }) => path)).toEqual([
      '/tenant/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/tenant',
      '/tenant/.well-known/jwks.json',
    ]);
  });

  test('every document carries the version, its type and how long it may be kept', () => {
    const ring = keyring(ISSUER, 'RS256', 'RS256', 'ES256');
    const documents = renderDocuments(ring, policy);
    for (const { body, contentType, cacheControl } of documents) {
      expect(readVersion(body)).toBe(3);
      expect(contentType).toBe('application/json');
      expect(cacheControl).toBe('public, max-age=10, stale-while-revalidate=20, stale-if-error=30');
    }
    const [openid, oauth, jwks] = documents.map(({ body }): unknown => JSON.parse(body));
    expect(openid).toEqual(renderMetadata(ring));
    expect(oauth).toEqual(openid);
    expect(jwks).toEqual(renderJwks(ring));
  });

  test('renders nothing while there is no key to show', () => {
    expect(renderDocuments(foundKeyring(ISSUER, 'k1', 'bucket'), policy)).toEqual([]);
    const intended = openIntent(foundKeyring(ISSUER, 'k1', 'bucket'), { id: 'k1.1', algorithm: 'RS256', openedAt: 1 });
    expect(renderDocuments(intended, policy)).toEqual([]);
    const gone = { kid: 'a', keyArn: 'arn:a', endedAt: 1, reason: 'burned', removedInVersion: 2 };
    const burned: Keyring = { ...intended, documentVersion: 2, keys: [{ ...gone, state: 'compromised' }] };
    expect(renderDocuments(burned, policy)).toEqual([]);
  });
});
