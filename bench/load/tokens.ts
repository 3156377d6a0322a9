/** Whether what was answered are tokens: each is verified against the JWKS that was served before the phase and after it. */
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import type { Answered } from './offer.ts';

export async function notVerified(
  answers: readonly Answered[],
  issuer: string,
  served: readonly JSONWebKeySet[],
): Promise<string[]> {
  const keys = new Map(served.flatMap(({ keys }) => keys).map((key) => [key.kid, key]));
  const set = createLocalJWKSet({ keys: [...keys.values()] });
  const wrong = new Map<string, number>();
  for (const { token, jti } of answers.filter(({ status }) => status === 200)) {
    const why = await reasonAgainst(token ?? '', jti, issuer, set);
    if (why !== undefined) wrong.set(why, (wrong.get(why) ?? 0) + 1);
  }
  return [...wrong].map(([why, times]) => `${times} tokens are not good: ${why}`);
}

async function reasonAgainst(
  token: string,
  jti: string | undefined,
  issuer: string,
  set: ReturnType<typeof createLocalJWKSet>,
): Promise<string | undefined> {
  try {
    // Of the instant at which it was made: they live for seconds.
    const currentDate = new Date((decodeJwt(token).iat ?? Number.NaN) * 1000);
    const { payload } = await jwtVerify(token, set, { issuer, audience: 'orders-api', currentDate });
    return payload.jti === jti ? undefined : 'its jti is not the one that was answered';
  } catch (error) {
    return (error as Error).message;
  }
}
