/** The keyring table in memory: consistent reads, compare and swap on the revision. */
import { KeyturnError } from '../core/errors.ts';
import type { Keyring } from '../core/keyring.ts';
import type { Clock, KeyringStore, Loaded } from '../core/ports.ts';
import type { Perform } from './call.ts';
import type { Record } from './trace.ts';

export class SimulatedKeyrings implements KeyringStore {
  /** As JSON, so that no writer and no reader share an object. */
  item: { readonly text: string; readonly revision: number } | undefined;
  #read: { readonly text: string; readonly keyring: Keyring } | undefined;
  readonly #past: { readonly at: number; readonly item: { readonly text: string; readonly revision: number } }[] = [];
  readonly #clock: Clock;
  readonly #perform: Perform;
  readonly #record: Record;
  readonly #frozen: boolean;

  /**
   * @param clock the table's own, from which a machine's may differ
   * @param frozen each revision is read once and frozen: in a long run the same one is loaded again and again
   */
  constructor(clock: Clock, perform: Perform, record: Record, frozen = false) {
    this.#clock = clock;
    this.#perform = perform;
    this.#record = record;
    this.#frozen = frozen;
  }

  /** Without a call, for whoever looks on. */
  get keyring(): Keyring | undefined {
    return this.item && this.#keyring(this.item.text);
  }

  load(): Promise<Loaded> {
    return this.#perform('store.load', () => {
      const serverTime = Math.floor(this.#clock());
      if (!this.item) return { keyring: undefined, revision: 0, serverTime };
      return { keyring: this.#keyring(this.item.text), revision: this.item.revision, serverTime };
    });
  }

  save(keyring: Keyring, expected: number): Promise<number> {
    return this.#perform('store.save', () => {
      const current = this.item?.revision ?? 0;
      if (current !== expected) {
        throw new KeyturnError('keyring_conflict', `the keyring must be at revision ${expected}, it is at ${current}`);
      }
      this.#record({ at: this.#clock(), kind: 'save', keyring });
      this.item = { text: JSON.stringify(keyring), revision: expected + 1 };
      this.#past.push({ at: this.#clock(), item: this.item });
      return expected + 1;
    });
  }

  /** The item is as it was in the last backup that is so old, or in the first one; its revision too. */
  restore(before: number): void {
    const backup = this.#past.findLast(({ at }) => at <= before) ?? this.#past[0];
    if (!backup || backup.item === this.item) return;
    this.#record({ at: this.#clock(), kind: 'restore', keyring: JSON.parse(backup.item.text) as Keyring });
    this.item = backup.item;
  }

  #keyring(text: string): Keyring {
    if (!this.#frozen) return JSON.parse(text) as Keyring;
    if (this.#read?.text !== text) this.#read = { text, keyring: freeze(JSON.parse(text) as Keyring) };
    return this.#read.keyring;
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
