/**
 * One token against one issuer. What costs nothing comes first: the form, then the claims, then the key, which may have
 * to be fetched, then the signature. So neither a stranger's token nor an expired one makes anything be fetched.
 */
// By its own path: the whole of jose takes three times as long to load.
import { compactVerify } from 'jose/jws/compact/verify';
import { type Claims, checkClaims, checkTypes } from './claims.ts';
import { splitCompact } from './compact.ts';
import { refuse } from './errors.ts';
import type { Listener } from './events.ts';
import { type Header, readHeader } from './header.ts';
import { readObject } from './json.ts';
import { KeySet } from './key-set.ts';
import type { VerifierOptions } from './options.ts';
import { readOptions, type Settings } from './settings.ts';

/** A token as it says it is. Nothing of it is verified yet. */
export interface Unverified {
  readonly token: string;
  readonly header: Header;
  readonly claims: Claims;
}

/** @throws VerificationError when it is no JWT, or one whose claims could not hold anywhere */
export function readToken(text: unknown): Unverified {
  const { token, header, payload } = splitCompact(text);
  return {
    token,
    header: readHeader(header),
    claims: checkTypes(readObject(payload, 'payload_malformed', 'the payload')),
  };
}

export class IssuerVerifier {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly emit: Listener;
  readonly #settings: Settings;
  readonly #keys: KeySet;

  /** @throws TypeError */
  constructor(options: VerifierOptions) {
    this.#settings = readOptions(options);
    this.#keys = new KeySet(this.#settings);
    this.issuer = this.#settings.issuer;
    this.jwksUrl = this.#settings.jwksUrl;
    this.emit = this.#settings.emit;
  }

  hydrate(): Promise<void> {
    return this.#keys.hydrate();
  }

  /** @throws VerificationError */
  async check({ token, header, claims }: Unverified): Promise<void> {
    const { types, algorithms, clock } = this.#settings;
    if (!types.has(header.typ)) refuse('type_not_allowed', 'typ must be a type that is taken here', { claim: 'typ' });
    if (!algorithms.has(header.alg)) {
      refuse('algorithm_not_allowed', 'alg must be an algorithm that is taken here', { claim: 'alg' });
    }
    checkClaims(claims, this.#settings, clock());
    const { key, alg } = this.#keys.known(header.kid) ?? (await this.#keys.find(header.kid));
    if (alg !== header.alg) refuse('algorithm_mismatch', 'alg must be the algorithm of the key', { claim: 'alg' });
    try {
      await compactVerify(token, key, { algorithms: [alg] });
    } catch (cause) {
      refuse('signature_invalid', 'the signature must be by the key that kid names', { cause });
    }
    if (this.#settings.isRevoked !== undefined) await checkRevocation(claims, this.#settings.isRevoked);
  }
}

async function checkRevocation(
  { iss, jti }: Claims,
  isRevoked: NonNullable<VerifierOptions['isRevoked']>,
): Promise<void> {
  if (jti === undefined) {
    return refuse('claim_invalid', 'jti must be there, for it may be revoked', { claim: 'jti', reason: 'missing' });
  }
  let answer: boolean;
  try {
    answer = await isRevoked({ iss, jti });
  } catch (cause) {
    const reason = 'unavailable';
    return refuse('revocation_unavailable', 'it is not known whether the token was revoked', { reason, cause });
  }
  // Only false says that it was not: what a list answers with in error is no permission.
  if (answer !== false) refuse('token_revoked', 'the token must not be revoked', { claim: 'jti' });
}
