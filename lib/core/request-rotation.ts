/** An operator's "rotate now": a wish in the keyring, and then an ordinary tick. */
import type { Policy } from './config.ts';
import { isKeyturnError, KeyturnError } from './errors.ts';
import { type RotatorPorts, rotate, type TickReport } from './rotate.ts';
import { requestRotation } from './transitions.ts';

/** A wish that loses against a tick is made again; a tick holds the keyring for moments only. */
const ATTEMPTS = 5;

/**
 * With a published standby the rotation happens at once; else the report's holds say what it waits for, and the next
 * ticks go on with it.
 * @throws KeyturnError `keyring_missing`, `keyring_conflict`, and what a tick throws
 */
export async function rotateNow(ports: RotatorPorts, policy: Policy, reason: string): Promise<TickReport> {
  for (let attempt = 1; ; attempt++) {
    const { keyring, revision } = await ports.store.load();
    if (!keyring) throw new KeyturnError('keyring_missing', 'there is no keyring to rotate yet');
    try {
      await ports.store.save(requestRotation(keyring, reason, ports.clock()), revision);
      return await rotate(ports, policy);
    } catch (error) {
      if (!isKeyturnError(error, 'keyring_conflict') || attempt === ATTEMPTS) throw error;
    }
  }
}
