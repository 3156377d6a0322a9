/** KMS in memory, with real keys and real signatures: fixed bytes would hide an encoding that nobody can read. */
import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { type Algorithm, facts } from '../core/algorithms.ts';
import { CANARY_TYPE } from '../core/canary.ts';
import { KeyturnError } from '../core/errors.ts';
import { jwkFromSpki, type PublicJwk } from '../core/jwk.ts';
import type { Intent } from '../core/keyring.ts';
import type { Clock, KeyManager, KmsKey, Signer, SigningKey } from '../core/ports.ts';
import type { Perform } from './call.ts';
import { deriveKey, generateKey, rawSignature } from './keys.ts';
import type { Dice } from './random.ts';
import type { Record } from './trace.ts';

interface StoredKey {
  /** KMS is eventually consistent: until then a new key is not there, for whoever asks by its name. */
  readonly visibleAt: number;
  /** The tag index lags further behind. */
  readonly taggedAt: number;
  readonly keyArn: string;
  readonly algorithm: Algorithm;
  readonly intentId: string;
  readonly createdAt: number;
  readonly privateKey: KeyObject;
  jwk?: PublicJwk;
  enabled: boolean;
  deletionAt: number | undefined;
}

const DAY = 86_400;

export class SimulatedKms implements Signer, KeyManager {
  readonly stored = new Map<string, StoredKey>();
  /** Seconds for which keys that are made from now on stay invisible, and for which their tags do. */
  lag = { key: 0, tags: 0 };
  readonly #clock: Clock;
  readonly #perform: Perform;
  readonly #record: Record;
  readonly #dice: Dice | undefined;

  /** @param dice with them, keys follow from a seed and only canaries are really signed: nobody reads the other tokens */
  constructor(clock: Clock, perform: Perform, record: Record, dice?: Dice) {
    this.#clock = clock;
    this.#perform = perform;
    this.#record = record;
    this.#dice = dice;
  }

  sign({ keyArn, algorithm }: SigningKey, message: Uint8Array): Promise<Uint8Array> {
    return this.#perform('signer.sign', () => {
      const key = this.#get(keyArn);
      if (!key || this.#state(key) !== 'enabled')
        throw new KeyturnError('key_unusable', `KMS key ${keyArn} is unusable`);
      if (key.algorithm !== algorithm) throw new KeyturnError('key_unusable', `KMS key ${keyArn} is of another kind`);
      if (this.#dice && !isCanary(message)) return new Uint8Array(facts(algorithm).signatureBytes);
      return rawSignature(key.privateKey, algorithm, message);
    });
  }

  create({ id, algorithm }: Intent): Promise<string> {
    return this.#perform('keys.create', () => {
      const keyArn = `arn:aws:kms:us-east-1:123456789012:key/${this.#dice ? this.stored.size : randomUUID()}`;
      const privateKey = this.#dice ? deriveKey(algorithm, this.#dice) : generateKey(algorithm);
      const createdAt = this.#clock();
      this.#record({ at: createdAt, kind: 'created', keyArn });
      this.stored.set(keyArn, {
        // Clocks of tests jump back: what does not lag is there at any time.
        visibleAt: this.lag.key > 0 ? createdAt + this.lag.key : Number.NEGATIVE_INFINITY,
        taggedAt: this.lag.tags > 0 ? createdAt + this.lag.tags : Number.NEGATIVE_INFINITY,
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
      key.jwk ??= jwkFromSpki(createPublicKey(key.privateKey).export({ type: 'spki', format: 'der' }), algorithm);
      return key.jwk;
    });
  }

  tagged(): Promise<KmsKey[]> {
    return this.#perform('keys.tagged', () => {
      const now = this.#clock();
      const shown = [...this.stored.values()].filter((key) => now >= key.taggedAt && this.#state(key) !== 'gone');
      return shown.map((key) => this.#show(key));
    });
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
    return key && this.#clock() >= key.visibleAt && this.#state(key) !== 'gone' ? key : undefined;
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

const CANARY = Buffer.from(`"typ":"${CANARY_TYPE}"`);

function isCanary(message: Uint8Array): boolean {
  const [header = ''] = Buffer.from(message).toString('latin1').split('.', 1);
  return Buffer.from(header, 'base64url').includes(CANARY);
}
