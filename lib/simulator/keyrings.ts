/** The keyring table in memory: consistent reads, compare and swap on the revision. */
import { KeyturnError } from '../core/errors.ts';
import type { Keyring } from '../core/keyring.ts';
import type { Clock, KeyringStore, Loaded } from '../core/ports.ts';
import type { Perform } from './call.ts';
import type { Record } from './trace.ts';

export class SimulatedKeyrings implements KeyringStore {
  /** As JSON, so that no writer and no reader share an object. */
  item: { readonly text: string; readonly revision: number } | undefined;
  readonly #clock: Clock;
  readonly #perform: Perform;
  readonly #record: Record;

  /** @param clock the table's own, from which a machine's may differ */
  constructor(clock: Clock, perform: Perform, record: Record) {
    this.#clock = clock;
    this.#perform = perform;
    this.#record = record;
  }

  load(): Promise<Loaded> {
    return this.#perform('store.load', () => {
      const serverTime = Math.floor(this.#clock());
      if (!this.item) return { keyring: undefined, revision: 0, serverTime };
      return { keyring: JSON.parse(this.item.text) as Keyring, revision: this.item.revision, serverTime };
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
      return expected + 1;
    });
  }
}
