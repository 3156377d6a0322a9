/** A KMS key as it lies in its file, as DescribeKey shows it, and what its state and kind refuse. */
import type { JsonObject } from './json-api.ts';
import { keySpecFacts, OTHER_KEY_SPECS } from './key-specs.ts';
import type { Tags } from './key-tags.ts';
import { ACCOUNT, AwsError, REGION } from './wire.ts';

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

/** What is kept of a key, as it lies in its file. */
export interface KmsKey {
  readonly keyId: string;
  readonly keySpec: string;
  readonly description: string;
  readonly policy: string;
  readonly createdAt: number;
  /** PKCS #8 DER in base64. */
  readonly privateKey: string;
  readonly tags: Tags;
  readonly state: KeyState;
  /** Seconds since 1970; of a key that is pending deletion. */
  readonly deletionAt?: number;
}

export const ARN_PREFIX = `arn:aws:kms:${REGION}:${ACCOUNT}:key/`;
export const arn = ({ keyId }: Pick<KmsKey, 'keyId'>): string => ARN_PREFIX + keyId;

export const metadata = (key: KmsKey): JsonObject => ({
  AWSAccountId: ACCOUNT,
  Arn: arn(key),
  CreationDate: key.createdAt,
  CustomerMasterKeySpec: key.keySpec,
  ...(key.deletionAt !== undefined && { DeletionDate: key.deletionAt }),
  Description: key.description,
  Enabled: key.state === 'Enabled',
  KeyId: key.keyId,
  KeyManager: 'CUSTOMER',
  KeySpec: key.keySpec,
  KeyState: key.state,
  KeyUsage: 'SIGN_VERIFY',
  MultiRegion: false,
  Origin: 'AWS_KMS',
  SigningAlgorithms: keySpecFacts(key.keySpec)?.signingAlgorithms,
});

/** CreateKey, "KeySpec" and "KeyUsage". */
export function checkKind(keySpec: string, usage: unknown, { Origin: origin, MultiRegion: multiRegion }: JsonObject) {
  const facts = keySpecFacts(keySpec);
  if (facts === undefined) {
    if (OTHER_KEY_SPECS.has(keySpec)) throw unsupported(`KeySpec ${keySpec}`);
    throw new AwsError(400, 'ValidationException', `Value '${keySpec}' at 'keySpec' failed to satisfy constraint`);
  }
  if (usage === undefined) {
    throw new AwsError(400, 'ValidationException', 'You must specify a KeyUsage value for an asymmetric KMS key.');
  }
  if (usage !== 'SIGN_VERIFY') {
    const sentence = `KeyUsage ${usage} is not compatible with KeySpec ${keySpec}`;
    // RSA keys may encrypt and ECC keys may agree on keys, in AWS; here keys sign.
    if (usage === 'ENCRYPT_DECRYPT' && keySpec.startsWith('RSA_')) throw unsupported(`KeyUsage ${usage}`);
    if (usage === 'KEY_AGREEMENT' && keySpec.startsWith('ECC_NIST_P')) throw unsupported(`KeyUsage ${usage}`);
    throw new AwsError(400, 'ValidationException', sentence);
  }
  if (origin !== undefined && origin !== 'AWS_KMS') throw unsupported(`Origin ${origin}`);
  if (multiRegion === true) throw unsupported('MultiRegion');
  return facts;
}

/** "Key states of AWS KMS keys": what a signature and a public key need. */
export function usable(key: KmsKey): KmsKey {
  if (key.state === 'Disabled') throw new AwsError(400, 'DisabledException', `${arn(key)} is disabled.`);
  return notPendingDeletion(key);
}

export function notPendingDeletion(key: KmsKey): KmsKey {
  if (key.state === 'PendingDeletion') throw invalidState(key, 'is pending deletion.');
  return key;
}

export const invalidState = (key: Pick<KmsKey, 'keyId'>, words: string): AwsError =>
  new AwsError(400, 'KMSInvalidStateException', `${arn(key)} ${words}`);

export const unsupported = (what: string): AwsError =>
  new AwsError(400, 'UnsupportedOperationException', `${what} is not supported on this machine.`);

export const invalid = (member: string, constraint: string): AwsError =>
  new AwsError(
    400,
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${constraint}`,
  );

export const notInEnum = (value: unknown, member: string, allowed: ReadonlySet<string>): AwsError =>
  invalid(member, `Member must satisfy enum value set: [${[...allowed].join(', ')}], got ${String(value)}`);
