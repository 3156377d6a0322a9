/** Everything that an issuer serves, rendered from its keyring: the JWKS and the two metadata documents. */
import { documentPaths } from './issuer.ts';
import { renderJwks } from './jwks.ts';
import { type Keyring, renderedKeys } from './keyring.ts';
import { cacheControl } from './policy.ts';
import type { Document } from './ports.ts';

/**
 * OpenID Connect Discovery 1.0 §3 and RFC 8414 §2, as far as an issuer without user agents has something to say (an
 * empty list must be omitted: RFC 8414 §3.2). The algorithms are those of the keys that are published, standby included,
 * so that they are announced before they sign.
 */
export function renderMetadata(keyring: Keyring) {
  const { issuer } = keyring;
  const keys = [...renderedKeys(keyring), ...(keyring.imported ?? [])];
  const algorithms = [...new Set(keys.map(({ jwk }) => jwk.alg))].sort();
  return {
    issuer,
    jwks_uri: `${new URL(issuer).origin}${documentPaths(issuer).jwks}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: algorithms,
    documentVersion: keyring.documentVersion,
  };
}

/**
 * The documents in the order of publication: metadata names an algorithm before the JWKS holds its first key. All
 * carry the version, so that an older one never replaces a newer one. Empty while the keyring has no key to show.
 */
export function renderDocuments(keyring: Keyring, policy: Parameters<typeof cacheControl>[0]): Document[] {
  if (renderedKeys(keyring).length === 0) return [];
  const paths = documentPaths(keyring.issuer);
  const metadata = JSON.stringify(renderMetadata(keyring));
  const json = (path: string, body: string): Document => ({
    path,
    // RFC 7517 §8.5 has application/jwk-set+json; RFC 8414 §3.2 has application/json, and every verifier takes that.
    contentType: 'application/json',
    cacheControl: cacheControl(policy),
    body,
  });
  return [
    json(paths.openidConfiguration, metadata),
    json(paths.oauthAuthorizationServer, metadata),
    json(paths.jwks, JSON.stringify(renderJwks(keyring))),
  ];
}
