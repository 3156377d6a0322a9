/**
 * Eight verifiers that treat a JWKS differently, each with what the policy is told about it: for how long it keeps a
 * set, and how soon it fetches again for a kid that it does not know.
 */
import { JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache, SimplePenaltyBox } from 'aws-jwt-verify/jwk';
import {
  type CryptoKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';

export interface Target {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  readonly leewaySeconds: number;
}
/** Rejects when the token is not accepted. */
export type Verify = (token: string) => Promise<unknown>;

export interface Habit {
  readonly name: string;
  readonly keyCache: string;
  readonly refetch: string;
  start(target: Target): Verify;
}

export const HABITS: readonly Habit[] = [
  {
    // Its cool-down is 30 s by default: with that the lead would be half a minute, and so would each rotation.
    name: 'jose',
    keyCache: '10m',
    refetch: '1s',
    start: (target) => withJose(target, createRemoteJWKSet(new URL(target.jwksUrl), { cooldownDuration: 1000 })),
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
  { name: 'per kid', keyCache: '10m', refetch: '1s', start: perKid },
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

/** As jwks-rsa: each key is found once and then kept by itself, however the set changes. */
function perKid(target: Target): Verify {
  const set = new HeldSet(target.jwksUrl);
  const find = refetching(set, 1000);
  const known = new Map<string, { readonly key: CryptoKey; readonly until: number }>();
  return withJose(target, async (header, token) => {
    const { kid = '' } = header;
    const cached = known.get(kid);
    if (cached && Date.now() < cached.until) return cached.key;
    const key = (await find(header, token)) as CryptoKey;
    known.set(kid, { key, until: Date.now() + 600_000 });
    return key;
  });
}

/** Fetches again for a kid that it does not find, once in so many milliseconds. */
const refetching =
  (set: HeldSet, coolDown: number): JWTVerifyGetKey =>
  async (...wanted) => {
    if (set.age === Number.POSITIVE_INFINITY) await set.fetch();
    try {
      return await set.find(...wanted);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || set.age < coolDown) throw error;
      await set.fetch();
      return set.find(...wanted);
    }
  };

/** The last set that one verifier has fetched. Who asks while a fetch is under way waits for that one. */
class HeldSet {
  /** Milliseconds, by the answer's `Cache-Control` and `Age` (RFC 9111 §4.2). */
  maxAge = 0;
  find: JWTVerifyGetKey = createLocalJWKSet({ keys: [] });
  readonly #url: string;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** Milliseconds since it was asked for; Infinity before the first fetch. */
  get age(): number {
    return Date.now() - this.#fetchedAt;
  }

  fetch(): Promise<void> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<void> {
    const askedAt = Date.now();
    const response = await get(this.#url);
    this.find = createLocalJWKSet((await response.json()) as JSONWebKeySet);
    const [, maxAge = '0'] = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '') ?? [];
    this.maxAge = 1000 * Math.max(0, Number(maxAge) - Number(response.headers.get('age') ?? 0));
    this.#fetchedAt = askedAt;
  }
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(5000) });
  if (response.status === 200) return response;
  throw new Error(`the JWKS is answered with ${response.status}`);
}
