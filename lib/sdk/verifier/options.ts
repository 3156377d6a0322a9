/** What a verifier is told. */
import type { Algorithm } from '../../core/algorithms.ts';
import type { VerifierEvent } from './events.ts';
import type { FetchJwks } from './fetch-jwks.ts';

/** A token's name (RFC 7519 §4.1.7). Never its text: one token has many. */
export interface TokenId {
  readonly iss: string;
  readonly jti: string;
}

export interface VerifierOptions {
  /** Compared with `iss` character for character. */
  readonly issuer: string;
  /** Who this service is. One of these must be in `aud`. */
  readonly audience: string | readonly string[];
  /** What the issuer signs with: one, but for the time of a change. */
  readonly algorithms: readonly Algorithm[];
  /**
   * The kinds of token that are taken, as `typ` names them.
   * @default ['JWT', 'at+jwt']
   */
  readonly types?: readonly string[];
  /**
   * Seconds by which the issuer's clock and this one may differ, and this one may be set back, at most 300.
   * @default 60
   */
  readonly clockTolerance?: number;
  /**
   * Seconds between `iat` and `exp`. As much as the issuer's `maxTokenLifetime`: a token that lives longer was not signed
   * by its rules.
   * @default 3600
   */
  readonly maxTokenLifetime?: number;
  /**
   * https, or http on this machine and at a name without a dot; no fragment.
   * @default `${issuer}/.well-known/jwks.json`
   */
  readonly jwksUrl?: string;
  /**
   * Seconds for which a set of keys is used before it is fetched anew: how long a burned key may still be accepted, the
   * caches between aside.
   * @default 300
   */
  readonly keysMaxAge?: number;
  /**
   * Seconds for which it is used at most, while it cannot be fetched. Then every token is refused.
   * @default 3600
   */
  readonly keysCeiling?: number;
  /**
   * Seconds between two fetches, however many tokens name unknown keys.
   * @default 30
   */
  readonly keysCooldown?: number;
  /**
   * Seconds that a fetch may take. A token whose key is held already waits for one of them at most.
   * @default 5
   */
  readonly keysTimeout?: number;
  /**
   * Whether a token was revoked. It is asked last, about tokens with `jti` only: with it, a token without is refused.
   * When it throws, the token is refused.
   * @default none is
   */
  readonly isRevoked?: (token: TokenId) => boolean | Promise<boolean>;
  /**
   * Told of every verification and every fetch. What it throws is dropped.
   * @default nobody is
   */
  readonly onEvent?: (event: VerifierEvent) => void;
  /**
   * Asks for the JWKS.
   * @default the global `fetch`
   */
  readonly fetch?: FetchJwks;
  /**
   * Milliseconds since 1970.
   * @default Date.now
   */
  readonly now?: () => number;
}

export const DEFAULTS = {
  types: ['JWT', 'at+jwt'],
  clockTolerance: 60,
  maxTokenLifetime: 3600,
  keysMaxAge: 300,
  keysCeiling: 3600,
  keysCooldown: 30,
  keysTimeout: 5,
} as const;
