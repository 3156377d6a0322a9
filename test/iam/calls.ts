/**
 * An AWS call as IAM sees it: which actions on which resources, and what is known of each. Everything comes from the
 * wire or from the resource that it names; that the deployed functions speak TLS is the one thing said for them (the
 * stand-ins answer over HTTP, and nothing in the template gives the SDK another endpoint than its own).
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
import { ACCOUNT, type AwsCall, REGION } from '../../lib/local/wire.ts';
import type { Context } from './conditions.ts';

export interface Asked {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
  /** Of a key that this very call makes. */
  readonly newKeyPolicy?: string;
}

type Input = AwsCall['input'];

/** What is there, whichever account it is in. */
export interface Present {
  /** Undefined for a key that is not there. */
  key(id: string): KmsKey | undefined;
  hasObject(key: string): boolean;
}
export interface KmsKey {
  /** As DescribeKey has it. */
  readonly metadata: Input & { readonly Arn: string };
  readonly tags: readonly { readonly TagKey: string; readonly TagValue: string }[];
}
/** Nothing to be allowed: KMS looks a key up before it asks who may use it. */
const NOTHING: Asked[] = [];

export function askedBy({ service, operation, input }: Omit<AwsCall, 'accessKeyId'>, present: Present): Asked[] {
  const calls = SERVICES[service];
  if (!calls) throw new Error(`what IAM makes of ${service} is not known here`);
  return calls(operation, input, present);
}

const SERVICES: Readonly<Record<string, (operation: string, input: Input, present: Present) => Asked[]>> = {
  kms: (operation, input, present) =>
    operation === 'CreateKey' ? createKey(input) : useKey(operation, input, present),
  tagging: (operation) => [{ action: `tag:${operation}`, resource: '*', context: {} }],
  dynamodb: (operation, input) => [
    {
      action: `dynamodb:${operation}`,
      resource: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${input.TableName}`,
      context: { 'dynamodb:leadingkeys': leadingKeys(input) },
    },
  ],
  s3: objectCalls,
  events: (operation, { Entries }) => [
    {
      action: `events:${operation}`,
      resource: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default`,
      context: { 'events:source': [...new Set((Entries as { Source: string }[]).map(({ Source }) => Source))] },
    },
  ],
  cloudfront: (operation, { DistributionId }) => [
    {
      action: `cloudfront:${operation}`,
      resource: `arn:aws:cloudfront::${ACCOUNT}:distribution/${DistributionId}`,
      context: {},
    },
  ],
  lambda: (operation, { FunctionName, Qualifier }) => [
    {
      action: operation === 'Invoke' ? 'lambda:InvokeFunction' : `lambda:${operation}`,
      resource: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${FunctionName}${Qualifier ? `:${Qualifier}` : ''}`,
      context: operation === 'Invoke' ? { 'lambda:invokedviafunctionurl': null } : {},
    },
  ],
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
function leadingKeys({ Key, Item }: Input): string[] {
  const { issuer } = (Key ?? Item) as { issuer: { S: string } };
  return [issuer.S];
}

function objectCalls(operation: string, input: Input, present: Present): Asked[] {
  const { bucket, key } = input;
  const headers = input.headers as Record<string, string | undefined>;
  const resource = `arn:aws:s3:::${bucket}/${key}`;
  if (operation === 'PutObject') {
    const conditions = {
      's3:if-match': headers['if-match'] ?? null,
      's3:if-none-match': headers['if-none-match'] ?? null,
    };
    return [{ action: 's3:PutObject', resource, context: conditions }];
  }
  if (operation === 'ListObjectVersions')
    return [{ action: 's3:ListBucketVersions', resource: `arn:aws:s3:::${bucket}`, context: {} }];
  if ((input.query as Input).versionId) return [{ action: 's3:GetObjectVersion', resource, context: {} }];
  if (operation !== 'GetObject' && operation !== 'HeadObject')
    return [{ action: `s3:${operation}`, resource, context: {} }];
  const get = { action: 's3:GetObject', resource, context: {} };
  // GetObject, "Permissions": who may not list the bucket is told 403 of an object that is missing.
  return present.hasObject(String(key))
    ? [get]
    : [get, { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, context: {} }];
}

const KEYS = `arn:aws:kms:${REGION}:${ACCOUNT}:key/`;

/**
 * CreateKey with tags is two permissions, and the second one is for a key that is not there yet. AWS does not say
 * whether the new policy decides already, nor whether the tags count as the key's (IAM User Guide, aws:ResourceTag: "in
 * requests that create a resource with an attached tag"): it has to be allowed either way.
 */
function createKey(input: Input): Asked[] {
  const tags = Object.fromEntries(
    (input.Tags as { TagKey: string; TagValue: string }[]).map(({ TagKey, TagValue }) => [TagKey, TagValue]),
  );
  const newKeyPolicy = String(input.Policy);
  const kind = keyKind(input);
  const request = {
    'kms:calleraccount': ACCOUNT,
    'aws:tagkeys': Object.keys(tags),
    ...tagContext('aws:requesttag', tags),
  };
  const tagging = { ...request, ...kind };
  return [
    {
      action: 'kms:CreateKey',
      resource: '*',
      context: { ...tagging, 'kms:bypasspolicylockoutsafetycheck': given(input.BypassPolicyLockoutSafetyCheck) },
    },
    { action: 'kms:TagResource', resource: '*', context: { ...tagging, ...tagContext('aws:resourcetag', {}) } },
    {
      action: 'kms:TagResource',
      resource: `${KEYS}unborn-${kind['kms:keyspec']}`,
      context: { ...tagging, ...tagContext('aws:resourcetag', tags) },
      newKeyPolicy,
    },
  ];
}

function useKey(operation: string, input: Input, present: Present): Asked[] {
  const key = present.key(String(input.KeyId));
  if (!key) return NOTHING;
  const tags = Object.fromEntries(key.tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]));
  const context = {
    'kms:calleraccount': ACCOUNT,
    ...keyKind(key.metadata),
    ...tagContext('aws:resourcetag', tags),
    ...(operation === 'Sign' && {
      'kms:signingalgorithm': given(input.SigningAlgorithm),
      'kms:messagetype': given(input.MessageType),
    }),
    ...(operation === 'ScheduleKeyDeletion' && {
      'kms:schedulekeydeletionpendingwindowindays': given(input.PendingWindowInDays),
    }),
  };
  return [{ action: `kms:${operation}`, resource: key.metadata.Arn, context }];
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html: of a key that is asked for, and of one that is. */
const keyKind = ({ KeySpec, KeyUsage, Origin, MultiRegion }: Input) => ({
  'kms:keyspec': given(KeySpec),
  'kms:keyusage': given(KeyUsage),
  'kms:keyorigin': given(Origin),
  'kms:multiregion': given(MultiRegion),
});

const given = (value: unknown): string | null => (value === undefined ? null : String(value));

const tagContext = (family: string, tags: Readonly<Record<string, string>>): Context => ({
  [`${family}/*`]: null,
  ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${family}/${key}`.toLowerCase(), value])),
});
