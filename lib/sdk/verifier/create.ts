/** Verifiers as they are handed out: of one issuer, or of several that never meet. */
import type { Claims } from './claims.ts';
import { refuse, VerificationError } from './errors.ts';
import { type Listener, listener } from './events.ts';
import { IssuerVerifier, readToken } from './issuer-verifier.ts';
import type { VerifierOptions } from './options.ts';

export interface Verifier {
  /**
   * The claims of a token that holds.
   * @throws VerificationError
   */
  verify(token: string): Promise<Claims>;
  /**
   * Fetches the keys, if there are none yet: called at the start, it fails there.
   * @throws VerificationError `keys_unavailable`
   */
  hydrate(): Promise<void>;
}

/** @throws TypeError when an option does not exist, or makes no sense */
export const createVerifier = (options: VerifierOptions): Verifier => createVerifiers([options]);

/**
 * One verifier for tokens of several issuers. `iss` chooses, and then all that counts is that issuer's: its keys, its
 * algorithms, its audience.
 * @throws TypeError as `createVerifier`, and when two have the same issuer or the same `jwksUrl`
 */
export function createVerifiers(options: readonly VerifierOptions[]): Verifier {
  const verifiers = options.map((one) => new IssuerVerifier(one));
  if (verifiers.length === 0) throw new TypeError('there must be at least one issuer');
  const byIssuer = new Map(verifiers.map((verifier) => [verifier.issuer, verifier]));
  if (byIssuer.size < verifiers.length) throw new TypeError('each issuer must be there once');
  // With the same keys, either could sign for the other (Storm-0558).
  if (new Set(verifiers.map(({ jwksUrl }) => documentOf(jwksUrl))).size < verifiers.length) {
    throw new TypeError('each issuer must have a jwksUrl of its own');
  }
  const [only] = verifiers.length === 1 ? verifiers : [];
  const choose = (iss: string): IssuerVerifier =>
    byIssuer.get(iss) ?? refuse('issuer_mismatch', 'iss must be an issuer of this verifier', { claim: 'iss' });
  /** Of tokens that are nobody's. */
  const listeners = [...new Set(options.map(({ onEvent }) => onEvent))].map(listener);

  return {
    async verify(token: string): Promise<Claims> {
      let verifier = only;
      try {
        const unverified = readToken(token);
        verifier ??= choose(unverified.claims.iss);
        await verifier.check(unverified);
        verifier.emit({ type: 'verified', issuer: verifier.issuer, kid: unverified.header.kid });
        return unverified.claims;
      } catch (error) {
        tellRefusal(error, verifier, listeners);
        throw error;
      }
    },
    async hydrate(): Promise<void> {
      await Promise.all(verifiers.map((verifier) => verifier.hydrate()));
    },
  };
}

/** A host has the same name with the dot of the root, and one document whoever asks for it. */
function documentOf(jwksUrl: string): string {
  const { protocol, hostname, port, pathname, search } = new URL(jwksUrl);
  return [protocol, hostname.replace(/\.$/, ''), port, pathname, search].join(' ');
}

function tellRefusal(error: unknown, verifier: IssuerVerifier | undefined, listeners: readonly Listener[]): void {
  if (!(error instanceof VerificationError)) return;
  const { code, claim, reason } = error;
  const event = { type: 'refused', issuer: verifier?.issuer, code, claim, reason } as const;
  for (const emit of verifier === undefined ? listeners : [verifier.emit]) emit(event);
}
