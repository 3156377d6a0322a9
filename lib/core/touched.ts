/**
 * Who has touched an issuer's keys, table or documents, from what a trail tells EventBridge. Its rules let calls by others
 * through; which KMS keys are ours they cannot say, for keys are made at run time. Pure.
 *
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
import type { Keyring } from './keyring.ts';

export interface Touch {
  /** `kms:DisableKey`. */
  readonly call: string;
  /** What was touched, as the trail names it; of one call on several tables, all. */
  readonly on: string;
  /** Where it was a key of the keyring. */
  readonly kid?: string;
  /** Who did it: an ARN, or what the trail has in its place. */
  readonly by: string;
  /** As in the trail, to find the call there. */
  readonly eventId: string;
}

/** What a key is tagged with at birth. The same name as in lib/aws/kms-keys.ts. */
export const ISSUER_TAG = 'keyturn:issuer';

type Members = Readonly<Record<string, unknown>>;
const members = (value: unknown): Members => Object(value) as Members;
const list = (value: unknown): Members[] => (Array.isArray(value) ? value.map(members) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const serviceOf = (eventSource: unknown): string => text(eventSource).split('.')[0] ?? '';

/** Only then it takes a keyring to tell whether it was about us: the rules of the other services name bucket and table. */
export const isOfKey = (event: unknown): boolean => serviceOf(members(members(event).detail).eventSource) === 'kms';

/** Undefined where it was about somebody else's key. Without a keyring, none is known to be somebody else's. */
export function touchOf(event: unknown, keyring: Keyring | undefined, issuer: string): Touch | undefined {
  const { eventSource, eventName, eventID, userIdentity, ...detail } = members(members(event).detail);
  const { arn, principalId, type } = members(userIdentity);
  const { bucketName, tableName, resourceArn, tags } = members(detail.requestParameters);
  const service = serviceOf(eventSource);
  const resources = list(detail.resources).map(({ ARN }) => text(ARN));
  const touch = {
    call: `${service}:${text(eventName)}`,
    by: text(arn ?? principalId ?? type) || 'unknown',
    eventId: text(eventID),
  };
  if (service !== 'kms') return { ...touch, on: text(bucketName ?? tableName ?? resourceArn) || resources.join(' ') };
  const arns = [...resources, text(members(detail.responseElements).keyId)];
  const on = arns.find(Boolean) ?? 'unknown';
  const key = keyring?.keys.find(({ keyArn }) => arns.includes(keyArn));
  if (key) return { ...touch, on, kid: key.kid };
  const becomesOurs = list(tags).some(({ tagKey, tagValue }) => tagKey === ISSUER_TAG && tagValue === issuer);
  return becomesOurs || !keyring ? { ...touch, on } : undefined;
}
