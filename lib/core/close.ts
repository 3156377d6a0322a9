/**
 * The end of an issuer, when its stack is destroyed with its state. The keyring is closed first, in one write, so that no
 * late tick makes another key; then every KMS key of its own is disabled and scheduled for deletion. Once more repeats it.
 */
import type { Policy } from './config.ts';
import { isKeyturnError, KeyturnError } from './errors.ts';
import type { Keyring } from './keyring.ts';
import type { RotatorPorts } from './rotate.ts';

export interface CloseReport {
  readonly closedAt: number;
  /** The KMS keys that are scheduled for deletion. */
  readonly keyArns: readonly string[];
}

const SAVE_ATTEMPTS = 20;
/** A tick that had saved its intent before the keyring was closed has made its key, or failed to, by then. */
const LAST_TICK_SECONDS = 15;
const DAY = 86_400;

/** @throws KeyturnError `keyring_missing`, `keyring_conflict`, `deployment_failed` when a key could not be scheduled */
export async function close(ports: RotatorPorts, policy: Policy, reason: string): Promise<CloseReport> {
  const { keyring, closedAt } = await saveClosed(ports, reason);
  const scheduled = new Set<string>();
  await destroyAll(ports, policy, keyring, scheduled);
  await ports.sleep(LAST_TICK_SECONDS);
  await destroyAll(ports, policy, keyring, scheduled);
  return { closedAt, keyArns: [...scheduled] };
}

async function saveClosed({ store, clock }: RotatorPorts, reason: string) {
  for (let attempt = 1; ; attempt++) {
    const { keyring, revision } = await store.load();
    if (!keyring) throw new KeyturnError('keyring_missing', 'there is no keyring, so there is nothing to close');
    if (keyring.closed) return { keyring, closedAt: keyring.closed.at };
    const closed = { at: clock(), reason };
    try {
      await store.save({ ...keyring, closed }, revision);
      return { keyring, closedAt: closed.at };
    } catch (error) {
      if (!isKeyturnError(error, 'keyring_conflict') || attempt === SAVE_ATTEMPTS) throw error;
    }
  }
}

/** One key that resists must not keep the others: all are tried before the first failure is told. */
async function destroyAll({ keys }: RotatorPorts, policy: Policy, keyring: Keyring, scheduled: Set<string>) {
  const arns = new Set(keyring.keys.map(({ keyArn }) => keyArn));
  if (keyring.intent?.made) arns.add(keyring.intent.made.keyArn);
  for (const { keyArn, intentId, genuine } of await keys.tagged()) {
    // Another issuer's keyring of the same name made its keys under another id.
    if (genuine && intentId?.startsWith(`${keyring.id}.`)) arns.add(keyArn);
  }
  const failures: string[] = [];
  let cause: unknown;
  for (const keyArn of arns) {
    if (scheduled.has(keyArn)) continue;
    try {
      await keys.destroy(keyArn, policy.deletionWindow / DAY);
      scheduled.add(keyArn);
    } catch (error) {
      cause ??= error;
      failures.push(keyArn);
    }
  }
  if (failures.length === 0) return;
  throw new KeyturnError('deployment_failed', `these KMS keys could not be scheduled: ${failures.join(', ')}`, {
    cause,
  });
}
