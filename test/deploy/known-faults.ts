/**
 * What the pinned emulators do otherwise than AWS, as far as the suites of the ports meet it. Each case is expected to
 * fail there, so that a release of the emulator which has learned it is noticed. docs/emulators.md is for people.
 */
import { afterAll, beforeEach, expect } from 'vitest';

interface Fault {
  /** Of a suite's name, without what it runs on, and a test's. */
  readonly cases: RegExp;
  readonly why: string;
}

export const KNOWN_FAULTS = {
  MiniStack: [
    { cases: /^(key manager|signer) > (a key for )?ML-DSA-/, why: 'it makes no ML-DSA keys' },
    {
      cases: /^key manager > a key that cannot sign is not published$/,
      why: 'GetPublicKey answers for a key that is disabled or pending deletion',
    },
    {
      cases: /^keys that end > (a key that is pending deletion or gone is more|destroyed in)/,
      why: 'DisableKey and ScheduleKeyDeletion work on a key that is pending deletion',
    },
  ],
  moto: [
    {
      cases: /^(key manager|signer) > (a key for )?(EdDSA|ML-DSA)|message is sent whole$|\(EdDSA\)/,
      why: 'it makes neither Ed25519 nor ML-DSA keys',
    },
    {
      cases: /verifies with jose|digest is made here$|once: it is asked again$/,
      why: 'Sign takes no notice of MessageType DIGEST and hashes the digest once more',
    },
    {
      cases: /^signer > a key for \w+ does not sign as/,
      why: 'Sign with an algorithm that the key does not have is an error of its own, a 500',
    },
    { cases: /gone is unusable, and the error names it$/, why: 'Sign works with a key that is disabled' },
    {
      cases: /^key manager > a key that cannot sign is not published$/,
      why: 'GetPublicKey answers for a key that is disabled or pending deletion',
    },
    {
      cases: /^keys that end > (a key that is pending deletion or gone is more|destroyed in)/,
      why: 'DisableKey and ScheduleKeyDeletion work on a key that is pending deletion',
    },
    { cases: /^keys that end > KMS does not wait/, why: 'ScheduleKeyDeletion takes any window' },
  ],
} satisfies Record<string, Fault[]>;

export function expectKnownFaults(emulator: keyof typeof KNOWN_FAULTS): void {
  const met = new Map<Fault, number>(KNOWN_FAULTS[emulator].map((fault) => [fault, 0]));
  beforeEach(({ task }) => {
    const name = `${task.suite?.name.replace(/^.*?: /, '')} > ${task.name}`;
    const [fault, count] = [...met].find(([{ cases }]) => cases.test(name)) ?? [];
    if (!fault || count === undefined) return;
    met.set(fault, count + 1);
    // What `test.fails` sets, for cases that are written elsewhere.
    Object.assign(task, { fails: true });
  });
  afterAll(() => {
    for (const [{ why }, count] of met) console.log(`left out on ${emulator}, ${count} cases: ${why}`);
    const unmet = [...met].filter(([, count]) => count === 0).map(([{ why }]) => why);
    expect(unmet, `these faults of ${emulator} are met by no case`).toEqual([]);
  });
}
