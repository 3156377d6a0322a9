/** Why a token was refused, with the values that it was refused for: they are the caller's own. */
import { formatDuration, formatInstant } from '../core/duration.ts';
import type { Keyring } from '../core/keyring.ts';
import type { VerificationError } from '../sdk/verifier/index.ts';

type Said = Readonly<Record<string, unknown>>;

export function detailOf({ code }: VerificationError, header: Said, claims: Said): string {
  const ago = (instant: unknown) => {
    const distance = Date.now() / 1000 - Number(instant);
    return `${formatInstant(Number(instant))}, ${distance >= 0 ? `${formatDuration(distance)} ago` : `in ${formatDuration(-distance)}`}`;
  };
  switch (code) {
    case 'token_expired':
      return `: it ended at ${ago(claims.exp)}`;
    case 'token_not_yet_valid':
      return `: iat ${ago(claims.iat)}${claims.nbf === undefined ? '' : `; nbf ${ago(claims.nbf)}`}`;
    case 'issuer_mismatch':
      return `: it is of ${JSON.stringify(claims.iss)}`;
    case 'audience_mismatch':
      return `: it is for ${JSON.stringify(claims.aud)}`;
    case 'type_not_allowed':
      return `: it is ${JSON.stringify(header.typ)}`;
    case 'lifetime_too_long':
      return `: it lives ${Number(claims.exp) - Number(claims.iat)} s`;
    default:
      return '';
  }
}

/** What the keyring remembers of a kid. */
export function keyOf({ keys, history, imported = [] }: Keyring, kid: unknown): string {
  const foreign = imported.find(({ jwk }) => jwk.kid === kid);
  if (foreign) return `imported from ${foreign.source} until ${formatInstant(foreign.until)}`;
  const key = keys.find((candidate) => candidate.kid === kid);
  const forgotten = history.find(([old]) => old === kid);
  if (!key && !forgotten) return 'never a key of this issuer: forged, or of another one';
  if (forgotten) return `gone; it ended at ${formatInstant(forgotten[1])}: ${forgotten[2]}`;
  if (key?.state === 'retired' || key?.state === 'compromised')
    return `${key.state === 'compromised' ? 'burned' : 'retired'}: ${key.reason}; it ended at ${formatInstant(key.endedAt)}`;
  return key?.state ?? '';
}
