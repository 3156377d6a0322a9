/** What no policy here keeps anybody from, each with why. When one of them is denied after all, its row moves. */
import { but, type Row, row } from './denied.ts';
import { DECOY, NEW, OURS, STRANGE } from './denied-keys.ts';
import { ROTATING } from './who.ts';

const CHANGE = ['kms:PutKeyPolicy', 'kms:DisableKey', 'kms:EnableKey', 'kms:CancelKeyDeletion'];
const ONE_WEEK = { 'kms:schedulekeydeletionpendingwindowindays': '7' };

export const CONCEDED: readonly (readonly [row: Row, why: string])[] = [
  [
    row('change what a key is tagged with beside its issuer', ROTATING, ['kms:TagResource'], OURS),
    'the permission to tag at birth is the same one; no condition key tells them apart, and a key policy sees no tags',
  ],
  [
    row('tag a key of somebody’s as ours', ROTATING, ['kms:TagResource'], STRANGE),
    'as above; whose key that is has a policy to say otherwise, as those of the other issuers do',
  ],
  [
    row(
      'disable and delete a signing key that is tagged as ours',
      ROTATING,
      ['kms:DisableKey', 'kms:ScheduleKeyDeletion'],
      DECOY,
    ),
    'the tag decides; the code itself leaves a key alone whose policy is not ours to the letter',
  ],
  [
    row('make a key with any policy', ROTATING, ['kms:CreateKey'], NEW),
    'no condition key looks into it; whoever acts as the rotator can publish what he likes, which is why it never signs',
  ],
  [
    row('change a key’s policy, disable it, and keep it', ['administrator'], CHANGE, OURS),
    'KMS makes no key that its account could not administer; every change is in CloudTrail',
  ],
  [
    row('delete a key in a week', ['administrator'], ['kms:ScheduleKeyDeletion'], but(OURS, ONE_WEEK)),
    'the window may change, and the policy of a key may not; an administrator can cancel within that week',
  ],
];
