/** The keys of a test issuer, by the transitions of a deployed one, without the waiting. */
import { randomUUID } from 'node:crypto';
import { compromise } from '../../core/compromise.ts';
import type { Policy } from '../../core/config.ts';
import { renderDocuments } from '../../core/discovery.ts';
import { type ActiveKey, activeKey, type Keyring, standbyKey } from '../../core/keyring.ts';
import { graceEnd } from '../../core/policy.ts';
import * as transitions from '../../core/transitions.ts';
import { makeTestKey, type TestKey } from './test-keys.ts';

export class TestKeyring {
  readonly #policy: Policy;
  /** Seconds since 1970. */
  readonly #now: () => number;
  readonly #keys = new Map<string, TestKey>();
  #keyring: Keyring;

  private constructor(policy: Policy, now: () => number) {
    this.#policy = policy;
    this.#now = now;
    this.#keyring = transitions.foundKeyring(policy.issuer, randomUUID(), 'test');
  }

  /** With a key that signs, and a standby. */
  static async found(policy: Policy, now: () => number): Promise<TestKeyring> {
    const keyring = new TestKeyring(policy, now);
    await keyring.#addStandby();
    await keyring.rotate();
    return keyring;
  }

  /** The key that signs. */
  get active(): ActiveKey {
    return activeKey(this.#keyring) as ActiveKey;
  }

  /** Its private half. */
  get activeKey(): TestKey {
    return this.#keys.get(this.active.kid) as TestKey;
  }

  documents() {
    this.#retire();
    return renderDocuments(this.#keyring, this.#policy);
  }

  async rotate(): Promise<void> {
    this.#activateStandby();
    await this.#addStandby();
  }

  async burn(): Promise<void> {
    const intent = { id: randomUUID(), algorithm: this.#policy.algorithm, openedAt: this.#now() };
    const terms = { reason: 'test', immediate: true, intent };
    this.#keyring = compromise(this.#keyring, [this.active.kid], terms, this.#policy, this.#now());
    await this.#addStandby();
    await this.rotate();
  }

  /** Those whose tokens have all expired, and long enough. */
  #retire(): void {
    for (const key of this.#keyring.keys) {
      if (key.state !== 'grace' || graceEnd(this.#policy, key) > this.#now()) continue;
      this.#keyring = transitions.retire(this.#keyring, key.kid, 'its grace is over', this.#now());
      this.#keys.delete(key.kid);
    }
  }

  async #addStandby(): Promise<void> {
    const { algorithm } = this.#policy;
    const id = this.#keyring.intent?.id ?? randomUUID();
    if (!this.#keyring.intent) {
      this.#keyring = transitions.openIntent(this.#keyring, { id, algorithm, openedAt: this.#now() });
    }
    const key = await makeTestKey(algorithm);
    const { kid } = key.jwk;
    this.#keys.set(kid, key);
    const made = { intentId: id, keyArn: `test:${kid}`, jwk: key.jwk };
    const pending = transitions.addPending(this.#keyring, made, this.#now());
    this.#keyring = transitions.observe(pending, kid, this.#now());
  }

  #activateStandby(): void {
    const standby = standbyKey(this.#keyring, this.#policy.algorithm);
    if (!standby) return;
    const terms = transitions.activationTerms(this.#policy, this.#now());
    this.#keyring = transitions.activate(this.#keyring, standby, terms, this.#now());
  }
}
