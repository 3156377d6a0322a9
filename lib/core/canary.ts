/**
 * The token that proves a key: a standby before it signs anything that counts, the active one at the end of a deployment.
 * Who asks for it verifies it.
 */
import { compactVerify, createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet } from 'jose';
import type { Algorithm } from './algorithms.ts';
import { KeyturnError } from './errors.ts';

/** No verifier that checks `typ` takes it for an access token (RFC 8725 §3.11). */
export const CANARY_TYPE = 'keyturn-canary+jwt';
const LIFETIME_SECONDS = 60;

export interface CanaryToken {
  readonly token: string;
  readonly kid: string;
  readonly algorithm: Algorithm;
}

export interface CanaryClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
}

export function canaryClaims(issuer: string, now: number): CanaryClaims {
  const iat = Math.floor(now);
  return { iss: issuer, sub: 'keyturn:canary', aud: 'keyturn:canary', iat, exp: iat + LIFETIME_SECONDS };
}

type ProvenKey = Pick<CanaryToken, 'kid' | 'algorithm'>;

/**
 * Verifies the token as a stranger would, with the JWKS that the edge served and a library that is not ours.
 * @throws KeyturnError `canary_failed`, `no_pending_key`
 */
export async function verifyCanary(token: string, jwksBody: string, key: ProvenKey, issuer: string): Promise<void> {
  const failed = (why: string, cause?: unknown): never => {
    throw new KeyturnError('canary_failed', `the canary of ${key.kid} failed: ${why}`, { cause });
  };
  // Not the key's fault: the signer has another standby in view, and the next tick asks again.
  if (decodeProtectedHeader(token).kid !== key.kid) {
    throw new KeyturnError('no_pending_key', `the canary was not signed with ${key.kid}`);
  }
  const jwks = createLocalJWKSet(JSON.parse(jwksBody) as JSONWebKeySet);
  const options = { algorithms: [key.algorithm] };
  const { protectedHeader, payload } = await compactVerify(token, jwks, options).catch((cause: unknown) =>
    failed('it does not verify against the JWKS that the edge serves', cause),
  );
  if (protectedHeader.typ !== CANARY_TYPE) failed(`its typ is ${protectedHeader.typ}`);
  const { iss } = JSON.parse(new TextDecoder().decode(payload)) as CanaryClaims;
  if (iss !== issuer) failed('its issuer is another one');
}
