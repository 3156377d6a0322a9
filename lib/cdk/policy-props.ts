/** What a team decides about its keys and tokens. Everything but `issuer` has a default that is safe. */
import type { Duration } from 'aws-cdk-lib';
import type { Algorithm } from '../core/algorithms.ts';
import type { VerifierName } from '../core/verifiers.ts';

/** A verifier that the table of lib/core/verifiers.ts does not know. */
export interface OwnVerifier {
  readonly name: string;
  /** How long it may use a set that it has fetched. */
  readonly keyCache: Duration | 'forever';
  /**
   * How long must lie between two fetches for an unknown kid.
   * @default 'never' - it does not fetch for one
   */
  readonly refetch?: Duration | 'never';
  /** @default - all of them */
  readonly algorithms?: readonly Algorithm[];
  /** @default - as many as any verifier takes */
  readonly maxKeys?: number;
}

/** The names of DESIGN.md and of `keyturn.config.json`. Windows that break the promise fail at synth. */
export interface PolicyProps {
  /**
   * The `iss` of every token: an https URL without a trailing slash. Mandatory, because the distribution's own name is
   * known only once it is deployed.
   */
  readonly issuer: string;
  /**
   * The algorithm of the next key.
   * @default 'RS256'
   */
  readonly algorithm?: Algorithm;
  /**
   * Who verifies. Lead, algorithm and number of keys are checked against each of them.
   * @default - not declared: the longest documented cache without a refetch is assumed
   */
  readonly verifiers?: readonly (VerifierName | OwnVerifier)[];
  /**
   * How long a key signs before the next one takes over.
   * @default Duration.days(90)
   */
  readonly rotationPeriod?: Duration;
  /**
   * How long a key is in the JWKS before it signs.
   * @default - 24 hours or what the verifiers need, the larger
   */
  readonly publicationLead?: Duration;
  /**
   * How long a key stays in the JWKS after its end, at least.
   * @default Duration.days(10)
   */
  readonly grace?: Duration;
  /**
   * Lifetime of a token whose request names none.
   * @default Duration.minutes(15)
   */
  readonly tokenLifetime?: Duration;
  /**
   * The longest lifetime that a request may name.
   * @default Duration.hours(1)
   */
  readonly maxTokenLifetime?: Duration;
  /**
   * Time between two runs of the reconciler, in whole minutes.
   * @default Duration.minutes(15)
   */
  readonly tick?: Duration;
  /**
   * `max-age` of the documents.
   * @default Duration.seconds(300)
   */
  readonly edgeMaxAge?: Duration;
  /**
   * `stale-while-revalidate` of the documents.
   * @default Duration.seconds(60)
   */
  readonly edgeStaleWhileRevalidate?: Duration;
  /**
   * `stale-if-error` of the documents.
   * @default Duration.hours(1)
   */
  readonly edgeStaleIfError?: Duration;
  /**
   * How long a signer uses a keyring that it has read.
   * @default Duration.seconds(30)
   */
  readonly signerCache?: Duration;
  /**
   * The longest that one signature may take.
   * @default Duration.seconds(30)
   */
  readonly signingLatency?: Duration;
  /**
   * How far one machine's clock may be off.
   * @default Duration.minutes(5)
   */
  readonly clockSkew?: Duration;
  /**
   * How long after `exp` a verifier may still accept a token.
   * @default Duration.minutes(5)
   */
  readonly verifierLeeway?: Duration;
  /**
   * Between the scheduling of a KMS key's deletion and the deletion: 7 to 30 days.
   * @default Duration.days(30)
   */
  readonly deletionWindow?: Duration;
  /**
   * No token of a key outlives this, counted from its activation.
   * @default - none: while the next key is held back the active one goes on signing
   */
  readonly cryptoperiod?: Duration;
  /**
   * When scheduled activations may happen, such as `Tue-Thu 09:00-15:00 Europe/Zurich`.
   * @default - at any time
   */
  readonly activationWindow?: string;
  /**
   * Claim names that are refused because a JWT is readable by anyone.
   * @default - passwords, tokens, keys, card and social security numbers: DEFAULT_SECRET_CLAIMS
   */
  readonly secretClaims?: readonly string[];
}
