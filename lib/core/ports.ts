/**
 * What the verbs need of the world, cut by permission: each port is one IAM role's worth, so that who signs cannot
 * make, disable or publish a key, and who rotates cannot sign. lib/aws implements them on AWS; test/conformance holds
 * the one suite that every implementation of a port has to pass.
 */
import type { Algorithm } from './algorithms.ts';
import type { PublicJwk } from './jwk.ts';
import type { Intent, Keyring } from './keyring.ts';

/** Seconds since 1970, with their fraction. Only handlers and tests know a real one. */
export type Clock = () => number;

export interface SigningKey {
  readonly keyArn: string;
  readonly algorithm: Algorithm;
}

export interface Signer {
  /**
   * Signs the whole message and answers with a JOSE signature (RFC 7515 §3.1), checked to be of the length that the
   * algorithm has.
   * @throws KeyturnError `key_unusable` (disabled, pending deletion, gone), `throttled`, `kms_unavailable`,
   *   `kms_answer_wrong`
   */
  sign(key: SigningKey, message: Uint8Array): Promise<Uint8Array>;
}

/**
 * A KMS key as KMS describes it. `unusable`: it exists and cannot sign (disabled by somebody, or unavailable). `hidden`:
 * its policy or ours keeps us from looking; nothing may be concluded from that.
 */
export interface KmsKey {
  readonly keyArn: string;
  readonly state: 'enabled' | 'unusable' | 'pending-deletion' | 'gone' | 'hidden';
  readonly createdAt: number;
  /** The id of the intent that the key was made for, from its tag. */
  readonly intentId?: string;
  /** The algorithm that it was made for, from its tag. */
  readonly algorithm?: Algorithm;
  /** Whether it is as we would have made it: specification, origin, usage and the whole key policy. */
  readonly genuine: boolean;
}

export interface KeyManager {
  /** Makes a key for the intent and answers with its ARN. Never repeated by itself: CreateKey has no idempotency token. */
  create(intent: Intent): Promise<string>;
  /** @throws KeyturnError `key_not_visible` while KMS does not show a new key yet, `kms_answer_wrong` */
  publicKey(key: SigningKey): Promise<PublicJwk>;
  /** Every key of this issuer that its tags show. The tag index lags behind by minutes. */
  tagged(): Promise<KmsKey[]>;
  describe(keyArn: string): Promise<KmsKey>;
  /** Idempotent. */
  disable(keyArn: string): Promise<void>;
  /** Disables the key and schedules its deletion; answers with the instant of destruction. Idempotent. */
  destroy(keyArn: string, deletionWindowDays: number): Promise<number>;
}

export interface Loaded {
  readonly keyring: Keyring | undefined;
  /** 0 when there is no keyring yet. */
  readonly revision: number;
  /** The store's own clock, from the `Date` header of its answer. */
  readonly serverTime: number;
}

export interface KeyringReader {
  /**
   * Always a consistent read.
   * @throws KeyturnError `keyring_too_new`, `keyring_unreadable`
   */
  load(): Promise<Loaded>;
}

export interface KeyringStore extends KeyringReader {
  /**
   * Replaces revision `expected` (0: there must be none) and answers with the new revision. A retried write that had
   * succeeded is recognised as our own.
   * @throws KeyturnError `keyring_conflict` when another writer was first
   */
  save(keyring: Keyring, expected: number): Promise<number>;
}

/** One static document of the issuer. */
export interface Document {
  /** Path below the origin, with its leading slash, as a verifier asks for it. */
  readonly path: string;
  readonly contentType: string;
  readonly cacheControl: string;
  readonly body: string;
}
export interface StoredDocument {
  readonly body: string;
  readonly etag: string;
  readonly contentType: string | undefined;
  readonly cacheControl: string | undefined;
}

export interface Publisher {
  /** The name of the place, for example the bucket's. */
  readonly home: string;
  read(path: string): Promise<StoredDocument | undefined>;
  /**
   * Writes over the version with this ETag, or creates the document when there must be none (`undefined`).
   * @throws KeyturnError `document_conflict` when another version is there
   */
  write(document: Document, etag: string | undefined): Promise<void>;
  /** Asks the edge to forget its copies. */
  invalidate(paths: readonly string[]): Promise<void>;
}

/** What a verifier somewhere gets when it asks the edge. */
export interface EdgeAnswer {
  readonly body: string;
  readonly cacheControl: string | undefined;
}
export interface Edge {
  /** @throws KeyturnError `edge_unreachable` for anything but a 200 without a redirect */
  fetch(path: string): Promise<EdgeAnswer>;
}

export interface Canary {
  /** Has the sign function sign a canary token with the newest pending key. */
  token(): Promise<string>;
}
