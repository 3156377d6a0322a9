/** Keys: who signs with them, makes them, takes them away, and says what they are. */
import { keyPolicy } from '../../lib/aws/key-policy.ts';
import { ACCOUNT } from '../../lib/local/wire.ts';
import type { Account } from './account.ts';
import type { Context } from './conditions.ts';
import { type Asking, but, type Row, row } from './denied.ts';
import { ISSUER, keyArn, OTHER_ISSUER } from './names.ts';
import { keyRoles } from './variations.ts';
import { GRANTED, OTHERS, OWN_ROLES, ROTATING, type Who } from './who.ts';

const tagged = (family: 'resource' | 'request', issuer: string | null): Context => ({
  [`aws:${family}tag/*`]: null,
  [`aws:${family}tag/keyturn:issuer`]: issuer,
});
/** What is asked of a key, and of one that is to be made, by somebody who does it right. */
const REQUEST: Context = {
  'kms:calleraccount': ACCOUNT,
  'kms:keyspec': 'ECC_NIST_P256',
  'kms:keyusage': 'SIGN_VERIFY',
  'kms:keyorigin': 'AWS_KMS',
  'kms:multiregion': 'false',
  'kms:bypasspolicylockoutsafetycheck': 'false',
  'kms:signingalgorithm': 'ECDSA_SHA_256',
  'kms:messagetype': 'DIGEST',
  'kms:schedulekeydeletionpendingwindowindays': '30',
  'aws:tagkeys': ['keyturn:issuer', 'keyturn:intent', 'keyturn:algorithm'],
  ...tagged('request', ISSUER),
};
const key = (name: string, issuer: string | null): Asking => ({
  on: keyArn(name),
  context: { ...REQUEST, ...tagged('resource', issuer) },
});
export const OURS = key('Issuer-ES256', ISSUER);
const OF_THE_OTHER = key('Other-ES256', OTHER_ISSUER);
/** Somebody's, whose policy leaves everything to the account's identity policies; the second is tagged as ours. */
export const STRANGE = key('strange', null);
export const DECOY = key('decoy', ISSUER);
export const NEW: Asking = { on: '*', context: REQUEST };

export function addKeys(account: Account): void {
  account.addKey(OURS.on, 'IssuerKey', keyPolicy(keyRoles(ISSUER), 'ES256'));
  account.addKey(OF_THE_OTHER.on, 'OtherKey', keyPolicy(keyRoles(OTHER_ISSUER), 'ES256'));
  // https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
  const everything = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'kms:*', Resource: '*' };
  for (const { on } of [STRANGE, DECOY]) {
    account.addKey(on, 'Strange', { Version: '2012-10-17', Statement: [everything] });
  }
}

const SIGN = ['kms:Sign'];
const signing: Row[] = [
  row('sign', ['administrator', 'billing', 'the other signer'], SIGN, OURS, 'IssuerKey NobodyElseSigns'),
  row('sign with a key of the other issuer', ['signer'], SIGN, OF_THE_OTHER, 'OtherKey NobodyElseSigns'),
  row('sign with a key that is no issuer’s', ['signer'], SIGN, STRANGE),
  row('sign with any key, nor let others', ROTATING, [...SIGN, 'kms:CreateGrant'], DECOY, 'own NeverSign'),
  row('let others sign', ['administrator', 'signer', 'billing'], ['kms:CreateGrant'], OURS, 'IssuerKey NobodyGrants'),
  row(
    'sign by another algorithm than the key’s',
    ['signer'],
    SIGN,
    but(OURS, { 'kms:signingalgorithm': 'ECDSA_SHA_512' }),
    'IssuerKey NobodySignsOtherwise',
  ),
  row(
    'sign a message where a digest is due',
    ['signer'],
    SIGN,
    but(OURS, { 'kms:messagetype': 'RAW' }),
    'IssuerKey NobodySignsAnotherMessageType',
  ),
  row('sign as no token is', ['signer'], SIGN, but(DECOY, { 'kms:signingalgorithm': 'ED25519_PH_SHA_512' })),
  row('sign what no token is', ['signer'], SIGN, but(DECOY, { 'kms:messagetype': 'EXTERNAL_MU' })),
  row('sign', [...ROTATING, ...OTHERS, 'deployer', 'scheduler', ...GRANTED], SIGN, OURS),
];

/** In its own account the client of another one may do anything. */
const OTHERS_OF_THE_ACCOUNT: readonly Who[] = [
  'signer',
  'deployer',
  'scheduler',
  'caller',
  'person',
  'reader',
  'orders',
];
const CREATE = ['kms:CreateKey'];
const BIRTH = [...CREATE, 'kms:TagResource'];
const making: Row[] = [
  row('make keys', OTHERS_OF_THE_ACCOUNT, BIRTH, NEW),
  row('make a key without a tag', ROTATING, BIRTH, but(NEW, tagged('request', null))),
  row('make a key of the other issuer', ROTATING, BIRTH, but(NEW, tagged('request', OTHER_ISSUER))),
  row('give a key other tags too', ROTATING, BIRTH, but(NEW, { 'aws:tagkeys': ['keyturn:issuer', 'team'] })),
  row('make a symmetric key', ROTATING, CREATE, but(NEW, { 'kms:keyspec': 'SYMMETRIC_DEFAULT' })),
  row('make a key that decrypts', ROTATING, CREATE, but(NEW, { 'kms:keyusage': 'ENCRYPT_DECRYPT' })),
  row('import a key', ROTATING, CREATE, but(NEW, { 'kms:keyorigin': 'EXTERNAL' })),
  row('make a key for several Regions', ROTATING, CREATE, but(NEW, { 'kms:multiregion': 'true' })),
  row('lock itself out', ROTATING, CREATE, but(NEW, { 'kms:bypasspolicylockoutsafetycheck': 'true' })),
];

const LOOK = ['kms:DescribeKey', 'kms:GetKeyPolicy'];
const LOOK_AFTER = [...LOOK, 'kms:DisableKey', 'kms:GetPublicKey'];
const WITHOUT_KEYS: readonly Who[] = [
  ...(['signer', 'deployer', 'watcher', 'scheduler'] as const),
  ...GRANTED.filter((who) => who !== 'auditor'),
];
const CHANGE = ['kms:PutKeyPolicy', 'kms:EnableKey', 'kms:CancelKeyDeletion', 'kms:UntagResource'];
const DELETE = ['kms:ScheduleKeyDeletion'];
const TAG = ['kms:TagResource', 'kms:UntagResource'];
const having: Row[] = [
  row('touch a key', [...WITHOUT_KEYS, 'auditor'], ['kms:DisableKey', ...DELETE, ...TAG], OURS),
  row('look at a key', WITHOUT_KEYS, LOOK, OURS),
  row('look at a key of the other issuer, or at one that is no issuer’s', ['auditor'], LOOK, OF_THE_OTHER),
  row('look at a key of the other issuer, or at one that is no issuer’s', ['auditor'], LOOK, STRANGE),
  row('touch a key', OTHERS, [...LOOK_AFTER, ...DELETE], OURS),
  row('touch a key of the other issuer', ROTATING, [...LOOK_AFTER, ...DELETE, ...TAG], OF_THE_OTHER),
  row('touch a key that is no issuer’s', ROTATING, [...LOOK_AFTER, ...DELETE], STRANGE),
  row('change a key for good', [...OWN_ROLES, ...OTHERS, ...GRANTED], CHANGE, OURS),
  row('delete a key sooner', ROTATING, DELETE, but(OURS, { 'kms:schedulekeydeletionpendingwindowindays': '29' })),
  row('delete a key at will', ROTATING, DELETE, but(OURS, { 'kms:schedulekeydeletionpendingwindowindays': null })),
  row(
    'disable or delete what encrypts somebody’s data, tagged as ours',
    ROTATING,
    ['kms:DisableKey', 'kms:ScheduleKeyDeletion'],
    but(DECOY, { 'kms:keyusage': 'ENCRYPT_DECRYPT' }),
  ),
  row('retag a key', ['administrator', 'signer', ...OTHERS], TAG, OURS, 'IssuerKey NobodyElseRetags'),
  row('give a key to the other issuer', ROTATING, TAG, but(OURS, tagged('request', OTHER_ISSUER))),
  row('look for keys', OTHERS_OF_THE_ACCOUNT, ['tag:GetResources'], NEW),
];

export const KEYS = [...signing, ...making, ...having];
