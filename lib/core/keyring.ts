/**
 * The keyring: the only truth about an issuer's keys. Each state is its own type with its own times, so that a
 * transition which makes no sense (signing with a key that nobody has seen) does not compile.
 *
 * All instants are seconds since 1970 with their fraction, all durations are seconds.
 */
import type { Algorithm } from './algorithms.ts';
import { PRIVATE_MEMBERS, type PublicJwk } from './jwk.ts';
import type { LongPromise } from './stale-copies.ts';

/** What a published key carries in every state. */
interface PublishedKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  readonly keyArn: string;
  readonly algorithm: Algorithm;
  readonly jwk: PublicJwk;
  readonly createdAt: number;
  /** The first document version that holds this key. */
  readonly sinceVersion: number;
  /** An operator asked that nothing retire this key. */
  readonly retained?: true;
}

/** NIST SP 800-57 pre-activation: published or about to be; it does not sign. */
export interface PendingKey extends PublishedKey {
  readonly state: 'pending';
  /** When the edge was first seen to serve it, without a gap since. */
  readonly observedAt?: number;
  /** Ticks in which its canary token was refused or did not verify. */
  readonly canaryFailures?: number;
  /** After `recover`: it may have signed in what the table has forgotten, and such tokens live until then at most. */
  readonly tokensUntil?: number;
}
export type LeadWaiver = 'first-deployment' | 'burn';
export type ObservedKey = PendingKey & { readonly observedAt: number };

/** NIST active: the one key that signs. */
export interface ActiveKey extends PublishedKey {
  readonly state: 'active';
  readonly observedAt: number;
  readonly activatedAt: number;
  /** How long its tokens may live. Raised by a tick, never lowered. */
  readonly maxTokenLifetime: number;
  /** Its tokens do not outlive this instant (only where the policy sets a cryptoperiod). */
  readonly notAfter?: number;
  /** Why it signed before the publication lead was over. */
  readonly leadWaived?: LeadWaiver;
}

/** NIST deactivated: no longer signs, still in the JWKS. */
export interface GraceKey extends PublishedKey {
  readonly state: 'grace';
  readonly activatedAt: number;
  readonly endedAt: number;
  /**
   * The save that ended it may have hung: only what is read after it proves that no signer reads the key as active any
   * more. Gone with the end that the next step stamps; until then its grace does not count.
   */
  readonly ending?: true;
  readonly maxTokenLifetime: number;
}

/** Out of the JWKS. Shrunk: the public key is no longer needed. */
interface RemovedKey {
  readonly kid: string;
  readonly keyArn: string;
  readonly endedAt: number;
  readonly reason: string;
  /** The first document version without it. */
  readonly removedInVersion: number;
}
export interface RetiredKey extends RemovedKey {
  readonly state: 'retired';
  /** When KMS destroys the key. Absent until its deletion is scheduled. */
  readonly deletionAt?: number;
}
/** NIST compromised: terminal. Its KMS key stays disabled, as evidence. */
export interface CompromisedKey extends RemovedKey {
  readonly state: 'compromised';
  readonly disabledAt?: number;
}

export type RenderedKey = PendingKey | ActiveKey | GraceKey;
export type Key = RenderedKey | RetiredKey | CompromisedKey;
export type KeyState = Key['state'];

/** A key that is about to be made. Saved before `CreateKey`, and in the key's tags, so that a crash leaves a trace. */
export interface Intent {
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly openedAt: number;
  /** The key that was made for it, and that KMS did not show yet when it was made. */
  readonly made?: { readonly keyArn: string; readonly at: number };
}

/** A key of the issuer that callers come from: published until its last token is dead. It never signs. */
export interface ImportedKey {
  readonly jwk: PublicJwk;
  /** When it leaves the JWKS. */
  readonly until: number;
  readonly source: string;
  /** The first document version that holds it. */
  readonly sinceVersion: number;
}

export interface Keyring {
  readonly schema: 1;
  /** Random, made once. Begins the id of every intent, so that no keyring ever takes another's KMS keys for its own. */
  readonly id: string;
  readonly issuer: string;
  /** Where its documents go: the bucket. Two stacks that point at one table would each publish to their own. */
  readonly home: string;
  /** Raised in the very write that changes what is rendered, and by nothing else. 0: nothing to render yet. */
  readonly documentVersion: number;
  readonly keys: readonly Key[];
  readonly imported?: readonly ImportedKey[];
  readonly intent?: Intent;
  /** An operator asked for a rotation that the calendar does not. */
  readonly rotationRequested?: { readonly at: number; readonly reason: string };
  /** A burn wants a kid that nobody has seen yet to sign, so that caches which keep keys for ever drop the burned one. */
  readonly flush?: {
    readonly at: number;
    /** Only a key that entered the document after this version is unknown everywhere. */
    readonly afterVersion: number;
    /** Whether the fresh key signs as soon as the edge shows it, or after its lead. */
    readonly immediate: boolean;
  };
  /** Documents of the past that caches may keep for longer than those of now. */
  readonly longPromise?: LongPromise;
  /** The end of the issuer: nothing signs and no tick does anything any more. */
  readonly closed?: { readonly at: number; readonly reason: string };
  /** Destroyed keys, and imported ones that have left: kid, end, reason. All that is left of them, so that a thousand rotations stay small. */
  readonly history: readonly (readonly [kid: string, endedAt: number, reason: string])[];
}

export const SCHEMA = 1;

export const isRendered = (key: Key): key is RenderedKey =>
  key.state === 'pending' || key.state === 'active' || key.state === 'grace';
export const isObserved = (key: PendingKey): key is ObservedKey => key.observedAt !== undefined;

/** How many keys the JWKS holds, whosever they are. */
export const publishedCount = (keyring: Keyring): number =>
  renderedKeys(keyring).length + (keyring.imported?.length ?? 0);

export const renderedKeys = (keyring: Keyring): RenderedKey[] => keyring.keys.filter(isRendered);
export const activeKey = (keyring: Keyring): ActiveKey | undefined =>
  keyring.keys.find((key) => key.state === 'active');
export const pendingKeys = (keyring: Keyring): PendingKey[] => keyring.keys.filter((key) => key.state === 'pending');

/**
 * The key that signs next: of all pending keys that have been observed, the youngest one of the wanted algorithm.
 * @param isUnusable what KMS has said cannot sign
 */
export const standbyKey = (
  keyring: Keyring,
  algorithm: Algorithm,
  isUnusable: (key: ObservedKey) => boolean = () => false,
): ObservedKey | undefined =>
  pendingKeys(keyring)
    .filter(isObserved)
    .findLast((key) => key.algorithm === algorithm && flushes(keyring, key) && !isUnusable(key));

/** Whether the key will do for what a burn has ordered: with no burn, any. */
export const flushes = ({ flush }: Keyring, key: RenderedKey): boolean =>
  flush === undefined || key.sinceVersion > flush.afterVersion;

/** Which rules does this keyring break? One sentence each; none when it is sound. Asked before every save. */
export function violations(keyring: Keyring): string[] {
  const broken: string[] = [];
  const active = keyring.keys.filter((key) => key.state === 'active');
  if (active.length > 1) broken.push(`at most one key may be active, there are ${active.length}`);
  const { imported = [] } = keyring;
  const kids = [
    ...keyring.keys.map((key) => key.kid),
    ...imported.map(({ jwk }) => jwk.kid),
    ...keyring.history.map(([kid]) => kid),
  ];
  if (new Set(kids).size !== kids.length) broken.push('a kid occurs twice');
  for (const key of renderedKeys(keyring)) {
    if (key.jwk.kid !== key.kid) broken.push(`key ${key.kid} carries a JWK with another kid`);
    if (key.jwk.alg !== key.algorithm)
      broken.push(`key ${key.kid} is of ${key.algorithm}, its JWK of another algorithm`);
    const leaked = PRIVATE_MEMBERS.find((member) => member in key.jwk);
    if (leaked !== undefined) broken.push(`the JWK of key ${key.kid} has the private member ${leaked}`);
    if (key.sinceVersion > keyring.documentVersion) broken.push(`key ${key.kid} is newer than the document`);
  }
  for (const { jwk, sinceVersion } of imported) {
    const leaked = PRIVATE_MEMBERS.find((member) => member in jwk);
    if (leaked !== undefined) broken.push(`imported key ${jwk.kid} has the private member ${leaked}`);
    if (sinceVersion > keyring.documentVersion) broken.push(`imported key ${jwk.kid} is newer than the document`);
  }
  // After everything was burned, the next key is on its way; until it is there the old document stays.
  const empty = keyring.documentVersion > 0 && renderedKeys(keyring).length === 0;
  if (empty && !keyring.intent) broken.push('the JWKS would be empty');
  return broken;
}
