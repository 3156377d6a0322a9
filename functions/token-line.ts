/** What the sign function leaves in its log of a token: who got it, by which key, until when, and nothing of what it says. */
import { createHash } from 'node:crypto';
import type { SignRequest } from '../lib/core/request.ts';
import type { SignedToken } from '../lib/core/sign.ts';

export const tokenLine = (
  issuer: string,
  client: string,
  { audience, claims }: SignRequest,
  { kid, jti, issuedAt, expiresAt }: SignedToken,
  keyringLoadedAt: number,
): object => ({
  event: 'token',
  issuer,
  kid,
  jti,
  client,
  aud: audience,
  // Enough to find a subject's tokens again, not enough to read who it is.
  sub: createHash('sha256').update(claims.sub).digest('base64url'),
  iat: issuedAt,
  exp: expiresAt,
  keyringLoadedAt,
});
