import type { JSONWebKeySet } from 'jose';
import { expect, test } from 'vitest';
import type { Answered } from '../../bench/load/offer.ts';
import { notVerified } from '../../bench/load/tokens.ts';
import { startTestIssuer } from '../../lib/sdk/testing/index.ts';

test('tokens of a load are verified, each with its jti, by the keys that were served', async () => {
  const issuer = await startTestIssuer();
  try {
    const { token, jti, kid } = await issuer.mint({ audience: 'orders-api', claims: { sub: 's' } });
    const other = await issuer.mint({ audience: 'billing-api', claims: { sub: 's' } });
    const served = (await (await fetch(issuer.jwksUrl)).json()) as JSONWebKeySet;
    const answered = (of: Partial<Answered>): Answered => ({
      ...{ status: 200, code: undefined, kid, jti, token, retryAfter: null, milliseconds: 1, at: 1 },
      ...of,
    });
    const check = (of: Partial<Answered>, keys = served) => notVerified([answered(of)], issuer.issuer, [keys]);
    expect(await check({})).toEqual([]);
    expect(await check({ status: 429, token: undefined })).toEqual([]);
    expect(await check({ jti: 'another' })).toEqual([
      '1 tokens are not good: its jti is not the one that was answered',
    ]);
    expect(await check({ token: other.token, jti: other.jti })).toHaveLength(1);
    expect(await check({ token: `${token.slice(0, -8)}AAAAAAAA` })).toHaveLength(1);
    expect(await check({ token: undefined })).toHaveLength(1);
    expect(await check({}, { keys: [] })).toHaveLength(1);
  } finally {
    await issuer.close();
  }
});
