/**
 * Tells of what is saved and held, on the side: no step waits for it and none fails by it. What is lost by a crash stays
 * lost, for the keyring is the truth and the log has every step.
 */
import { eventsBetween, type KeyEvent, type LifecycleEvent } from './events.ts';
import type { Keyring } from './keyring.ts';
import type { KeyringStore, Loaded } from './ports.ts';
import type { RotatorPorts } from './rotate.ts';
import type { StepLine } from './step-line.ts';

export interface Events {
  publish(events: readonly LifecycleEvent[]): Promise<void>;
}

export class Announcer {
  readonly #ports: RotatorPorts;
  readonly #events: Events;
  readonly #log: (line: object) => void;
  readonly #pending: Promise<void>[] = [];
  /** What the next save changes. */
  #known: Pick<Loaded, 'keyring' | 'revision'> | undefined;

  /** @param log for what could not be told */
  constructor(ports: RotatorPorts, events: Events, log: (line: object) => void) {
    this.#ports = ports;
    this.#events = events;
    this.#log = log;
  }

  /** The same ports, listened to. */
  get ports(): RotatorPorts {
    const { store } = this.#ports;
    const listened: KeyringStore = {
      load: async () => {
        const loaded = await store.load();
        this.#known = loaded;
        return loaded;
      },
      save: async (keyring, expected) => {
        const revision = await store.save(keyring, expected);
        this.#saved(keyring, revision, expected);
        return revision;
      },
    };
    const log = (line: StepLine) => {
      this.#ports.log(line);
      if (line.event === 'hold') this.#held(line);
    };
    return { ...this.#ports, store: listened, log };
  }

  /** Before the function ends: what is under way after its answer is frozen with it. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending.splice(0));
  }

  #saved(keyring: Keyring, revision: number, expected: number): void {
    const before = this.#known?.revision === expected ? this.#known.keyring : undefined;
    this.#known = { keyring, revision };
    if (!before) return;
    const { issuer, documentVersion } = keyring;
    this.#tell(eventsBetween(before, keyring), { issuer, revision, documentVersion });
  }

  #held({ issuer, revision, documentVersion, step, why }: StepLine): void {
    const type = step === 'edge' ? 'mismatch' : 'held';
    this.#tell([{ type, why: `${step}: ${why}` }], { issuer, revision, documentVersion });
  }

  #tell(events: readonly KeyEvent[], where: Pick<LifecycleEvent, 'issuer' | 'revision' | 'documentVersion'>): void {
    if (events.length === 0) return;
    const at = this.#ports.clock();
    const told = this.#events.publish(events.map((event) => ({ ...event, ...where, at })));
    this.#pending.push(
      told.catch((error: Error) => {
        this.#log({ event: 'event-failed', issuer: where.issuer, why: error.message });
      }),
    );
  }
}
