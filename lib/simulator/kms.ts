/** KMS in memory, with real keys and real signatures: fixed bytes would hide an encoding that nobody can read. */
import { constants, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { type Algorithm, facts } from '../core/algorithms.ts';
import { KeyturnError } from '../core/errors.ts';
import { jwkFromSpki, type PublicJwk } from '../core/jwk.ts';
import type { Intent } from '../core/keyring.ts';
import type { Clock, KeyManager, KmsKey, Signer, SigningKey } from '../core/ports.ts';
import type { Perform } from './call.ts';
import type { Record } from './trace.ts';

interface StoredKey {
  readonly keyArn: string;
  readonly algorithm: Algorithm;
  readonly intentId: string;
  readonly createdAt: number;
  readonly privateKey: KeyObject;
  enabled: boolean;
  deletionAt: number | undefined;
}

const DAY = 86_400;

export class SimulatedKms implements Signer, KeyManager {
  readonly stored = new Map<string, StoredKey>();
  readonly #clock: Clock;
  readonly #perform: Perform;
  readonly #record: Record;

  constructor(clock: Clock, perform: Perform, record: Record) {
    this.#clock = clock;
    this.#perform = perform;
    this.#record = record;
  }

  sign({ keyArn, algorithm }: SigningKey, message: Uint8Array): Promise<Uint8Array> {
    return this.#perform('signer.sign', () => {
      const key = this.#get(keyArn);
      if (!key || this.#state(key) !== 'enabled')
        throw new KeyturnError('key_unusable', `KMS key ${keyArn} is unusable`);
      if (key.algorithm !== algorithm) throw new KeyturnError('key_unusable', `KMS key ${keyArn} is of another kind`);
      return rawSignature(key, message);
    });
  }

  create({ id, algorithm }: Intent): Promise<string> {
    return this.#perform('keys.create', () => {
      const keyArn = `arn:aws:kms:us-east-1:123456789012:key/${randomUUID()}`;
      const privateKey = generate(algorithm);
      const createdAt = this.#clock();
      this.stored.set(keyArn, {
        keyArn,
        algorithm,
        intentId: id,
        createdAt,
        privateKey,
        enabled: true,
        deletionAt: undefined,
      });
      return keyArn;
    });
  }

  publicKey({ keyArn, algorithm }: SigningKey): Promise<PublicJwk> {
    return this.#perform('keys.publicKey', () => {
      const key = this.#get(keyArn);
      if (!key || this.#state(key) === 'pending-deletion')
        throw new KeyturnError('key_not_visible', `KMS does not show key ${keyArn} yet`);
      if (!key.enabled) throw new Error(`${keyArn} is disabled.`);
      return jwkFromSpki(createPublicKey(key.privateKey).export({ type: 'spki', format: 'der' }), algorithm);
    });
  }

  tagged(): Promise<KmsKey[]> {
    return this.#perform('keys.tagged', () => [...this.stored.values()].map((key) => this.#show(key)));
  }

  describe(keyArn: string): Promise<KmsKey> {
    return this.#perform('keys.describe', () => {
      const key = this.#get(keyArn);
      if (!key) return { keyArn, state: 'gone', createdAt: 0, genuine: false };
      // KMS does not tell a key's tags along with it, so that nothing says what the key should be.
      return { keyArn, state: this.#state(key), createdAt: key.createdAt, genuine: false };
    });
  }

  disable(keyArn: string): Promise<void> {
    return this.#perform('keys.disable', () => {
      const key = this.#get(keyArn);
      if (key) key.enabled = false;
      this.#record({ at: this.#clock(), kind: 'ending', call: 'disable', keyArn });
    });
  }

  destroy(keyArn: string, deletionWindowDays: number): Promise<number> {
    return this.#perform('keys.destroy', () => {
      const key = this.#get(keyArn);
      if (!key) return 0;
      key.enabled = false;
      if (!(deletionWindowDays >= 7 && deletionWindowDays <= 30))
        throw new Error(`KMS waits 7 to 30 days, not ${deletionWindowDays}`);
      this.#record({ at: this.#clock(), kind: 'ending', call: 'destroy', keyArn });
      key.deletionAt ??= this.#clock() + deletionWindowDays * DAY;
      return key.deletionAt;
    });
  }

  #get(keyArn: string): StoredKey | undefined {
    const key = this.stored.get(keyArn);
    return key && this.#state(key) !== 'gone' ? key : undefined;
  }

  #state({ enabled, deletionAt }: StoredKey): KmsKey['state'] {
    if (deletionAt !== undefined) return this.#clock() >= deletionAt ? 'gone' : 'pending-deletion';
    return enabled ? 'enabled' : 'unusable';
  }

  #show(key: StoredKey): KmsKey {
    const { keyArn, algorithm, intentId, createdAt } = key;
    return { keyArn, algorithm, intentId, createdAt, state: this.#state(key), genuine: true };
  }
}

function generate(algorithm: Algorithm): KeyObject {
  const kind = facts(algorithm);
  if (kind.kty === 'RSA') return generateKeyPairSync('rsa', { modulusLength: kind.modulusBits }).privateKey;
  if (kind.kty === 'EC') return generateKeyPairSync('ec', { namedCurve: kind.crv }).privateKey;
  if (kind.kty === 'OKP') return generateKeyPairSync('ed25519').privateKey;
  return generateKeyPairSync(algorithm.toLowerCase() as 'ml-dsa-44').privateKey;
}

function rawSignature({ privateKey, algorithm }: StoredKey, message: Uint8Array): Uint8Array {
  const { digest } = facts(algorithm);
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return sign(digest === 'none' ? null : digest, message, {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
    ...(algorithm.startsWith('PS') && pss),
  });
}
