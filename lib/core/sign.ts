/**
 * The signer: a keyring that is at most `signerCache` old, one signature, one token. What is cached is judged by its
 * age when it is used, never by a timer: the timers of a frozen Lambda do not fire.
 */
import { CANARY_TYPE, type CanaryToken, canaryClaims } from './canary.ts';
import { buildClaims } from './claims.ts';
import { isKeyturnError, KeyturnError } from './errors.ts';
import { checkTokenSize, compact, signingInput, type TokenType } from './jws.ts';
import { activeKey, isObserved, type Keyring, pendingKeys } from './keyring.ts';
import type { Clock, KeyringReader, Signer, SigningKey } from './ports.ts';
import type { RequestLimits, SignRequest } from './request.ts';
import type { SignerPolicy } from './signer-policy.ts';

export interface SignerPorts {
  readonly keyrings: KeyringReader;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly randomId: () => string;
}

export interface SignedToken {
  readonly token: string;
  readonly kid: string;
  readonly algorithm: string;
  readonly jti: string;
  /** Seconds since 1970, as in the token (RFC 7519 §2 NumericDate). */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** A keyring with the instant at which its reading began. */
interface Held {
  readonly keyring: Keyring;
  readonly loadedAt: number;
}

/** A signer without an active key asks the table this often, however many callers it turns away. */
const MIN_RELOAD_SECONDS = 1;

export class TokenSigner {
  readonly #ports: SignerPorts;
  readonly #policy: SignerPolicy;
  readonly #limits: Pick<RequestLimits, 'maxTokenBytes'>;
  #held: Held | undefined;
  #loading: Promise<Held> | undefined;

  constructor(ports: SignerPorts, policy: SignerPolicy, limits: Pick<RequestLimits, 'maxTokenBytes'>) {
    this.#ports = ports;
    this.#policy = policy;
    this.#limits = limits;
  }

  /**
   * One token for the request, signed by the active key.
   * @param signer in place of the port's: one that takes the time of this request alone
   * @throws KeyturnError `no_active_key`, `keyring_missing`, `token_too_large`, `key_unusable`, `throttled`, …
   */
  async sign(request: SignRequest, signer?: Signer): Promise<SignedToken & { readonly keyringLoadedAt: number }> {
    const held = await this.#current();
    try {
      return await this.#issue(held, request, signer);
    } catch (error) {
      if (!this.#mayHaveChanged(held, error)) throw error;
      return this.#issue(await this.#reload(), request, signer);
    }
  }

  /** A token that proves a key, the youngest standby if not the active one. The caller has no other say in it. */
  async canary(of: 'standby' | 'active' = 'standby'): Promise<CanaryToken> {
    // Read apart: a keyring in the moment before an activation is none to go on signing with.
    const keyring = await this.#stored();
    const key = of === 'active' ? activeKey(keyring) : pendingKeys(keyring).findLast(isObserved);
    if (!key) {
      if (of === 'active') throw unavailable('no_active_key', 'no key signs yet');
      throw new KeyturnError('no_pending_key', 'there is no observed standby to sign a canary with');
    }
    const claims = canaryClaims(keyring.issuer, this.#ports.clock());
    return { token: await this.#token(key, CANARY_TYPE, claims), kid: key.kid, algorithm: key.algorithm };
  }

  async #issue(held: Held, request: SignRequest, signer?: Signer) {
    const { keyring, loadedAt } = held;
    const { clock, randomId } = this.#ports;
    const key = activeKey(keyring);
    if (keyring.closed) throw unavailable('no_active_key', 'the issuer was closed');
    if (!key) throw unavailable('no_active_key', 'no key signs yet');
    const now = clock();
    const left = key.notAfter === undefined ? Number.POSITIVE_INFINITY : Math.floor(key.notAfter - now);
    if (left < 1) throw unavailable('no_active_key', 'the active key has reached its cryptoperiod');
    const issuedAt = Math.floor(now);
    const expiresAt = issuedAt + Math.min(request.expiresIn, key.maxTokenLifetime, left);
    const jti = randomId();
    const claims = buildClaims(request, { issuer: keyring.issuer, jti, issuedAt, expiresAt });
    const token = await this.#token(key, request.type, claims, signer);
    // I11: the answer came so late that the key may have left the JWKS's promise; nobody has seen the token yet.
    if (!this.#isYoung(held, this.#policy.signerCache + this.#policy.signingLatency)) {
      throw unavailable('signature_too_late', 'the signature took longer than signingLatency allows');
    }
    return { token, kid: key.kid, algorithm: key.algorithm, jti, issuedAt, expiresAt, keyringLoadedAt: loadedAt };
  }

  async #token(key: SigningKey & { kid: string }, type: TokenType, claims: object, signer = this.#ports.signer) {
    const input = signingInput({ algorithm: key.algorithm, kid: key.kid, type }, claims);
    checkTokenSize(input, key.algorithm, this.#limits.maxTokenBytes);
    return compact(input, await signer.sign(key, Buffer.from(input, 'ascii')));
  }

  async #current(): Promise<Held> {
    const held = this.#held;
    if (!held || !this.#isYoung(held, this.#policy.signerCache)) return this.#load();
    // Refreshed behind the answer, so that no caller waits for the table while a young keyring is at hand.
    if (!this.#isYoung(held, this.#policy.signerCache / 2)) this.#load().catch(() => undefined);
    return held;
  }

  /** Whether a fresh keyring may answer otherwise: a burned key is disabled before this signer has heard of it. */
  #mayHaveChanged(held: Held, error: unknown): boolean {
    if (isKeyturnError(error, 'key_unusable', 'signature_too_late')) return true;
    return isKeyturnError(error, 'no_active_key') && !this.#isYoung(held, MIN_RELOAD_SECONDS);
  }

  /** A clock that jumped back makes no keyring young. */
  #isYoung({ loadedAt }: Held, seconds: number): boolean {
    const age = this.#ports.clock() - loadedAt;
    return age >= 0 && age <= seconds;
  }

  /** One read at a time, shared by all who wait for it. */
  #load(): Promise<Held> {
    return this.#loading ?? this.#reload();
  }

  /** A read that begins now: one that is under way may have begun before what the caller has just learned. */
  #reload(): Promise<Held> {
    const loading = this.#read().finally(() => {
      if (this.#loading === loading) this.#loading = undefined;
    });
    this.#loading = loading;
    return loading;
  }

  async #read(): Promise<Held> {
    const loadedAt = this.#ports.clock();
    const held = { keyring: await this.#stored(), loadedAt };
    if (!this.#held || this.#held.loadedAt <= loadedAt) this.#held = held;
    return held;
  }

  async #stored(): Promise<Keyring> {
    const { keyring } = await this.#ports.keyrings.load();
    if (!keyring) throw unavailable('keyring_missing', 'the issuer has no keyring yet');
    return keyring;
  }
}

function unavailable(code: 'no_active_key' | 'keyring_missing' | 'signature_too_late', message: string): KeyturnError {
  return new KeyturnError(code, message, { retryAfterSeconds: 5 });
}
