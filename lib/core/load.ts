/** The keyring, read by a clock that may decide. */
import { clockError } from './clock-error.ts';
import type { Policy } from './config.ts';
import { KeyturnError } from './errors.ts';
import type { Clock, KeyringStore, Loaded } from './ports.ts';

interface LoadPorts {
  readonly store: KeyringStore;
  readonly clock: Clock;
}

/**
 * I7: whose clock is off by more than the windows allow for decides nothing.
 * @throws KeyturnError `clock_skewed`, and what the store throws
 */
export async function load({ store, clock }: LoadPorts, { clockSkew }: Policy): Promise<Loaded> {
  const before = clock();
  const loaded = await store.load();
  const off = clockError(before, loaded.serverTime, clock());
  if (Math.abs(off) <= clockSkew) return loaded;
  throw new KeyturnError(
    'clock_skewed',
    `this clock must agree with DynamoDB's within ${clockSkew} s, it is off by ${Math.round(Math.abs(off))} s`,
  );
}
