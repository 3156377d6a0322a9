/**
 * Who may ask for what, as the sign function holds it. The rules have been checked before they got into its asset
 * (client-rules.ts), so its bundle carries the reading alone.
 */
import type { Claims } from './claims.ts';
import { readDuration } from './duration.ts';

/** A client's rules: literal strings, compared exactly. */
export interface Client {
  /** Also the alias of the sign function, and the `client_id` of its tokens. */
  readonly id: string;
  /** The one `sub` of its tokens. Undefined: each request names it. */
  readonly subject: string | undefined;
  readonly audiences: ReadonlySet<string>;
  readonly scopes: ReadonlySet<string>;
  /** Names of the claims that a request may set, beside `sub`. */
  readonly claims: ReadonlySet<string>;
  /** In every token of the client. */
  readonly fixedClaims: Readonly<Omit<Claims, 'sub'>>;
  /** Seconds. Undefined: the policy's `maxTokenLifetime`. */
  readonly maxLifetime: number | undefined;
  /** The names of the other clients: no token of this one may be about one of them (RFC 9068 §5). */
  readonly others: ReadonlySet<string>;
}
export type Clients = ReadonlyMap<string, Client>;

/** As JSON has them: in `keyturn.config.json`, and in the file in the sign function's asset. */
export interface ClientRules {
  readonly subject?: string;
  readonly audiences: readonly string[];
  readonly scopes?: readonly string[];
  readonly claims?: readonly string[];
  readonly fixedClaims?: Client['fixedClaims'];
  /** Such as `5m`. */
  readonly maxLifetime?: string;
}

/** Of rules that `checkClientRules` has passed. */
export function readClients(rules: Readonly<Record<string, ClientRules>>): Clients {
  const ids = Object.keys(rules);
  return new Map(
    Object.entries(rules).map(([id, { subject, audiences, scopes, claims, fixedClaims = {}, maxLifetime }]) => [
      id,
      {
        id,
        subject,
        audiences: new Set(audiences),
        scopes: new Set(scopes),
        claims: new Set(claims),
        fixedClaims,
        maxLifetime: maxLifetime === undefined ? undefined : readDuration('maxLifetime', maxLifetime),
        others: new Set(ids.filter((other) => other !== id)),
      },
    ]),
  );
}
