/** What an operator asks for outside an emergency: a wish in the keyring, and then an ordinary tick. */
import type { Policy } from './config.ts';
import { isKeyturnError, KeyturnError } from './errors.ts';
import { dropImported, type ImportTerms, importKeys } from './imports.ts';
import type { PublicJwk } from './jwk.ts';
import type { Keyring } from './keyring.ts';
import { type RotatorPorts, rotate, type TickReport } from './rotate.ts';
import { release, requestRotation, retain } from './transitions.ts';

/** A wish that loses against a tick is made again; a tick holds the keyring for moments only. */
const ATTEMPTS = 5;

/**
 * With a published standby the rotation happens at once; else the report's holds say what it waits for, and the next
 * ticks go on with it.
 * @throws KeyturnError `keyring_missing`, `keyring_conflict`, and what a tick throws
 */
export const rotateNow = (ports: RotatorPorts, policy: Policy, reason: string): Promise<TickReport> =>
  wish(ports, policy, (keyring) => requestRotation(keyring, reason, ports.clock()));

/** Nothing retires the key until it is released: for a verifier that is known to be behind, or an investigation. */
export const retainKey = (ports: RotatorPorts, policy: Policy, kid: string): Promise<TickReport> =>
  wish(ports, policy, (keyring) => retain(keyring, kid));

export const releaseKey = (ports: RotatorPorts, policy: Policy, kid: string): Promise<TickReport> =>
  wish(ports, policy, (keyring) => release(keyring, kid));

/** Another issuer's keys are published until their last tokens are dead. */
export const importForeign = (
  ports: RotatorPorts,
  policy: Policy,
  keys: readonly PublicJwk[],
  terms: ImportTerms,
): Promise<TickReport> => wish(ports, policy, (keyring) => importKeys(keyring, keys, terms, policy, ports.clock()));

export const unimport = (ports: RotatorPorts, policy: Policy, kid: string): Promise<TickReport> =>
  wish(ports, policy, (keyring) => dropImported(keyring, kid, 'an operator ended it', ports.clock()));

async function wish(ports: RotatorPorts, policy: Policy, change: (keyring: Keyring) => Keyring): Promise<TickReport> {
  for (let attempt = 1; ; attempt++) {
    const { keyring, revision } = await ports.store.load();
    if (!keyring) throw new KeyturnError('keyring_missing', 'there is no keyring yet');
    try {
      await ports.store.save(change(keyring), revision);
      return await rotate(ports, policy);
    } catch (error) {
      if (!isKeyturnError(error, 'keyring_conflict') || attempt === ATTEMPTS) throw error;
    }
  }
}
