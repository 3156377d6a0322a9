/** What the suites of the Signer and of the KeyManager are given: both look at one KMS. */
import { randomUUID } from 'node:crypto';
import type { Algorithm } from '../../lib/core/algorithms.ts';
import type { Intent } from '../../lib/core/keyring.ts';
import type { KeyManager, Signer, SigningKey } from '../../lib/core/ports.ts';

export type KmsOperation = 'create' | 'publicKey' | 'sign' | 'disable' | 'destroy';
/** `answer lost`: it happened, and nobody hears of it. `not visible`: KMS has not yet heard of the key itself. */
export type KmsFault = 'throttled' | 'dropped' | 'answer lost' | 'not visible';
/** An answer that is another one than was asked for. */
export type Lie = 'another key' | 'another kind of key' | 'another algorithm' | 'a short signature' | 'nothing';
/** A key that carries our tags and is not as we would have made it. */
export type Forgery =
  | 'another policy'
  | 'one more statement'
  | 'another role'
  | 'no algorithm tag'
  | 'an unknown algorithm tag'
  | 'another specification'
  | 'the policy in another format';

/** A fresh issuer, and the few handles that the suites need. Optional: where there is no such notion. */
export interface KmsUnderTest {
  readonly keys: KeyManager;
  readonly signer: Signer;
  /** In seconds since 1970. */
  readonly now: () => number;
  readonly otherIssuer?: KeyManager;
  /** The tags and the state that its owner sees. */
  readonly owned?: (keyArn: string) => Promise<KeySeen>;
  readonly expectedTags?: (intent: Intent) => Readonly<Record<string, string>>;
  readonly forge?: (forgery: Forgery, intent: Intent) => Promise<string>;
  readonly connection?: {
    /** The next `times` calls meet the fault. */
    readonly fault: (operation: KmsOperation, fault: KmsFault, times?: number) => void;
    readonly lie: (operation: KmsOperation, lie: Lie) => void;
    /** Calls of this operation since the issuer was made. */
    readonly calls: (operation: KmsOperation) => number;
    /** Where nobody listens. */
    readonly unreachable: Signer;
  };
}
export interface KeySeen {
  readonly isEnabled: boolean;
  readonly tags: Readonly<Record<string, string>>;
}
export type CreateKms = () => Promise<KmsUnderTest>;

export const DAY = 86_400;

export const intentFor = (algorithm: Algorithm = 'ES256'): Intent => ({
  id: `ring.${randomUUID()}`,
  algorithm,
  openedAt: 1_800_000_000,
});

/** A key made for a fresh intent. */
export async function makeKey(keys: KeyManager, algorithm: Algorithm = 'ES256'): Promise<SigningKey> {
  return { keyArn: await keys.create(intentFor(algorithm)), algorithm };
}

/** The ARN of a key that never was. */
export const neverMade = async (keys: KeyManager): Promise<SigningKey> => {
  const { keyArn, algorithm } = await makeKey(keys);
  return { keyArn: keyArn.replace(/[^/]+$/, randomUUID()), algorithm };
};
