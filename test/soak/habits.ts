/**
 * Eight verifiers that treat a JWKS differently, each with what the policy is told about it: for how long it keeps a
 * set, and how soon it fetches again for a kid that it does not know.
 */
import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache, SimplePenaltyBox } from 'aws-jwt-verify/jwk';
import { type CryptoKey, createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { get, HeldSet, refetching } from './held-set.ts';

export interface Target {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  readonly leewaySeconds: number;
  /** For how long those verifiers keep a set that keep it longest without keeping it for ever. */
  readonly longCacheSeconds: number;
}
/** Rejects when the token is not accepted. */
export type Verify = (token: string) => Promise<unknown>;

export interface Habit {
  readonly name: string;
  /** `long`: the target says how long. */
  readonly keyCache: string;
  readonly refetch: string;
  start(target: Target): Verify;
}

export const HABITS: readonly Habit[] = [
  {
    // Its cool-down is 30 s by default: with that the lead would be half a minute, and so would each rotation.
    name: 'jose',
    keyCache: 'long',
    refetch: '1s',
    start: (target) => {
      const options = { cooldownDuration: 1000, cacheMaxAge: target.longCacheSeconds * 1000 };
      return withJose(target, createRemoteJWKSet(new URL(target.jwksUrl), options));
    },
  },
  { name: 'aws-jwt-verify', keyCache: 'forever', refetch: '1s', start: awsJwtVerify },
  {
    name: 'blind',
    keyCache: '3s',
    refetch: 'never',
    start: (target) => {
      const set = new HeldSet(target.jwksUrl);
      return withJose(target, async (...wanted) => {
        if (set.age >= 3000) await set.fetch();
        return set.find(...wanted);
      });
    },
  },
  {
    name: 'go-oidc',
    keyCache: 'forever',
    refetch: '0s',
    start: (target) => withJose(target, refetching(new HeldSet(target.jwksUrl), 0)),
  },
  { name: 'per kid', keyCache: 'long', refetch: '1s', start: perKid },
  {
    name: 'polling',
    keyCache: '2s',
    refetch: '1s',
    start: (target) => {
      const set = new HeldSet(target.jwksUrl);
      setInterval(() => set.fetch().catch(() => undefined), 2000);
      return withJose(target, refetching(set, 1000));
    },
  },
  {
    name: 'cache-control',
    keyCache: '1s',
    refetch: 'never',
    start: (target) => {
      const set = new HeldSet(target.jwksUrl);
      return withJose(target, async (...wanted) => {
        if (set.age >= set.maxAge) await set.fetch();
        return set.find(...wanted);
      });
    },
  },
  {
    name: 'every token',
    keyCache: '0s',
    refetch: 'never',
    start: (target) =>
      withJose(target, async (...wanted) => {
        // A set of its own: nothing is shared with whoever asks at the same time.
        const set = new HeldSet(target.jwksUrl);
        await set.fetch();
        return set.find(...wanted);
      }),
  },
];

const withJose = ({ issuer, audience, leewaySeconds }: Target, keys: JWTVerifyGetKey): Verify => {
  const options = { issuer, audience, algorithms: ['RS256'], clockTolerance: leewaySeconds };
  return (token) => jwtVerify(token, keys, options);
};

function awsJwtVerify({ issuer, audience, jwksUrl, leewaySeconds }: Target): Verify {
  const verifier = JwtVerifier.create(
    { issuer, audience, jwksUri: jwksUrl, graceSeconds: leewaySeconds },
    {
      jwksCache: new SimpleJwksCache({
        // Its own fetcher takes https only.
        fetcher: { fetch: async (uri) => (await get(uri)).arrayBuffer() },
        penaltyBox: new SimplePenaltyBox({ waitSeconds: 1 }),
      }),
    },
  );
  return (token) => verifier.verify(token);
}

/** As jwks-rsa: each key is fetched when it is met, and then kept by itself, however the set changes. */
function perKid(target: Target): Verify {
  const set = new HeldSet(target.jwksUrl);
  const known = new Map<string, { readonly key: CryptoKey; readonly until: number }>();
  return withJose(target, async (header, token) => {
    const { kid = '' } = header;
    const cached = known.get(kid);
    if (cached && Date.now() < cached.until) return cached.key;
    if (set.age >= 1000) await set.fetch();
    const key = (await set.find(header, token)) as CryptoKey;
    known.set(kid, { key, until: Date.now() + target.longCacheSeconds * 1000 });
    return key;
  });
}
