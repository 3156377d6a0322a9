/**
 * The signer: a keyring that is at most `signerCache` old, one signature, one token. What is cached is judged by its
 * age when it is used, never by a timer: the timers of a frozen Lambda do not fire.
 */
import { canaryClaims, CANARY_TYPE } from './canary.ts';
import { buildClaims } from './claims.ts';
import type { Policy } from './config.ts';
import { isKeyturnError, KeyturnError } from './errors.ts';
import { compact, signingInput } from './jws.ts';
import { type ActiveKey, activeKey, isObserved, type Keyring, pendingKeys } from './keyring.ts';
import type { Clock, KeyringReader, Signer } from './ports.ts';
import type { SignRequest } from './request.ts';

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
  readonly issuedAt: number;
  readonly expiresAt: number;
}
/** What the log line says besides: when the keyring that chose the key was read. */
export interface Signed {
  readonly answer: SignedToken;
  readonly keyringLoadedAt: number;
}

interface Held {
  readonly keyring: Keyring;
  readonly loadedAt: number;
}
