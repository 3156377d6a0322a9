/** What a burn says to a person: what may still go wrong first, then who may still accept the key. */
import type { BurnReport } from '../core/burn.ts';
import { formatInstant } from '../core/duration.ts';
import type { Exposure } from '../core/exposure.ts';
import { table, until } from './shortened.ts';

/** A burned key that KMS may still sign with. */
export interface NotDisabled {
  readonly kid: string;
  /** Absent where these credentials may not read the keyring. */
  readonly keyArn?: string;
}

export interface BurnAnswer extends BurnReport {
  readonly edgeIsClean: boolean;
  readonly notDisabled: readonly NotDisabled[];
}

/** For whoever may, when the issuer's own functions may not. */
export const disableByHand = (keyArn: string): string =>
  `aws kms disable-key --key-id ${keyArn} --region ${keyArn.split(':')[3]}`;

export function burnLines({ burned, signing, fresh, removedAt, edgeIsClean, notDisabled }: BurnAnswer): string[] {
  const removed =
    removedAt === undefined ? 'NOT YET: every tick tries again' : `without it since ${formatInstant(removedAt)}`;
  return [
    ...notDisabled.flatMap(alarm),
    `burned     ${burned.join(', ')}`,
    `disabled   ${notDisabled.length === 0 ? 'in KMS: nobody signs with it any more' : 'NOT YET: every tick tries again'}`,
    `signing    ${signing ?? 'nothing: callers get 503 until the edge shows the fresh key'}`,
    `fresh key  ${fresh ?? 'NOT YET MADE: every tick tries again, and who may reject it does so for as much longer'}`,
    `published  ${removed}`,
    `edge       ${edgeIsClean ? 'serves it no more' : 'STILL SERVES IT: docs/runbooks/edge-stale.md'}`,
  ];
}

const alarm = ({ kid, keyArn }: NotDisabled): string[] => [
  `NOT DISABLED: the KMS key of ${kid} can still sign forgeries. Burn it again, or disable it by hand:`,
  `  ${keyArn === undefined ? '"keyturn status" has the command, with grantRead' : disableByHand(keyArn)}`,
  '',
];

const UNBOUNDED = { restart: 'it restarts', 'fresh-kid': 'a token of the fresh key, or a restart' };

const rejection = (instant: number | undefined, now: number): string =>
  instant === undefined ? 'knows it' : until(instant, now);

/** Who trusts it for the longest comes first. */
export function exposureLines({ exposure }: BurnAnswer, now: number): string[] {
  if (exposure.length === 0) return [];
  const end = ({ acceptsBurnedUntil: until }: Exposure) => (typeof until === 'number' ? until : Number.MAX_VALUE);
  /** The standby that signs now has not had its lead. */
  const isYoung = exposure.some(({ rejectsStandbyUntil }) => rejectsStandbyUntil !== undefined);
  const rows = exposure
    .toSorted((a, b) => end(b) - end(a))
    .map(({ title, acceptsBurnedUntil: accepts, rejectsFreshUntil, rejectsStandbyUntil }) => [
      title,
      typeof accepts === 'number' ? until(accepts, now) : UNBOUNDED[accepts],
      rejection(rejectsFreshUntil, now),
      ...(isYoung ? [rejection(rejectsStandbyUntil, now)] : []),
    ]);
  const heading = ['VERIFIER', 'ACCEPTS IT UNTIL', 'REJECTS THE FRESH KEY UNTIL'];
  return [
    '\nWhat verifiers have cached decides who may still accept it, and who may reject the fresh key:\n',
    ...table([[...heading, ...(isYoung ? ['AND THE ONE THAT SIGNS NOW UNTIL'] : [])], ...rows]),
  ];
}
