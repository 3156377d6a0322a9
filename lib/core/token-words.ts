/** Why a token was refused, with the values that it was refused for: they are the asker's own. */
import { formatDuration, formatInstant } from './duration.ts';

type Said = Readonly<Record<string, unknown>>;

/** @param code of a VerificationError */
export function detailOf(code: string, header: Said, claims: Said, now: number): string {
  const ago = (instant: unknown) => {
    const distance = now - Number(instant);
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
