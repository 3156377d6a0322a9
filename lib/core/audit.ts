/**
 * Keyring, every document that was ever published, and the KMS keys, held against each other: what does not fit, after a
 * break-in, a restore, or somebody's hand in the bucket. Pure. What it can know is bounded by the versions that are kept.
 */
import { auditDocuments, type PublishedVersion } from './audit-documents.ts';
import type { Policy } from './config.ts';
import { formatInstant } from './duration.ts';
import type { Key, Keyring } from './keyring.ts';
import { orphanAge } from './policy.ts';
import type { KmsKey } from './ports.ts';

export interface Misfit {
  readonly about: 'documents' | 'kms';
  readonly what: string;
}

export interface Evidence {
  readonly keyring: Keyring;
  /** From the oldest to the newest. */
  readonly versions: readonly PublishedVersion[];
  /** Those with the issuer's tag, and those of the keyring. */
  readonly kms: readonly KmsKey[];
}

export function audit({ keyring, versions, kms }: Evidence, policy: Policy, now: number): Misfit[] {
  return [
    ...auditDocuments(keyring, versions, policy).map((what): Misfit => ({ about: 'documents', what })),
    ...auditKms(keyring, kms, policy, now).map((what): Misfit => ({ about: 'kms', what })),
  ];
}

function auditKms(keyring: Keyring, kms: readonly KmsKey[], policy: Policy, now: number): string[] {
  const found: string[] = [];
  for (const key of keyring.keys) {
    const misfit = misfitOf(
      key,
      kms.find(({ keyArn }) => keyArn === key.keyArn),
    );
    if (misfit) found.push(misfit);
  }
  for (const { keyArn, state, genuine, intentId, createdAt } of kms) {
    if (keyring.keys.some((key) => key.keyArn === keyArn)) continue;
    if (state !== 'enabled' && state !== 'hidden') continue;
    const made = `KMS key ${keyArn}, made at ${formatInstant(createdAt)},`;
    if (!genuine) found.push(`${made} carries this issuer's tag and is not as Keyturn makes keys`);
    else if (!intentId?.startsWith(`${keyring.id}.`)) found.push(`${made} is enabled and of another keyring`);
    else if (intentId !== keyring.intent?.id && now - createdAt > orphanAge(policy))
      found.push(`${made} is enabled and in no keyring`);
  }
  return found;
}

/** What KMS says of a key that nobody signs with, whoever saw to that. */
const CANNOT_SIGN = ['unusable', 'pending-deletion', 'gone'];

/** I8: what signs is enabled, what is retired or burned is not. */
function misfitOf(key: Key, kms: KmsKey | undefined): string | undefined {
  const { kid, state } = key;
  const says = kms?.state ?? 'not to be found';
  const mayBeGone = state === 'retired' && key.deletionAt !== undefined;
  if (!kms && mayBeGone) return undefined;
  const name = `key ${kid} is ${state} and its KMS key ${says}`;
  switch (state) {
    case 'active':
    case 'pending':
      if (kms?.state !== 'enabled') return `${name}: it cannot sign`;
      // Without its tags it is not told of which kind it should be.
      return kms.genuine || !kms.algorithm
        ? undefined
        : `key ${kid} is ${state} and the policy of its KMS key is not ours`;
    case 'retired':
      return mayBeGone && kms?.state === 'enabled' ? `${name}: its deletion was cancelled` : undefined;
    case 'compromised':
      if (key.disabledAt !== undefined)
        return kms?.state === 'enabled' ? `${name}: somebody can forge again` : undefined;
      return CANNOT_SIGN.includes(says) ? undefined : `${name}: it was burned and never disabled, it can still forge`;
    default:
      return undefined;
  }
}
