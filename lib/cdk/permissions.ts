/** What each role may do, and no more. Each statement is one sentence of DESIGN.md. */
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { KEY_SPECS, SIGNING_ALGORITHMS } from './kms-names.ts';

/** What a key is tagged with at birth; permissions hang on the first. The same names as in lib/aws/kms-keys.ts. */
export const TAGS = { issuer: 'keyturn:issuer', intent: 'keyturn:intent', algorithm: 'keyturn:algorithm' } as const;

export interface SignerResources {
  readonly issuer: string;
  /** Every KMS key of this account and region: the tag decides which. */
  readonly keysArn: string;
  readonly tableArn: string;
}
export interface RotatorResources extends SignerResources {
  readonly bucketArn: string;
  readonly distributionArn: string;
  readonly canaryAliasArn: string;
  readonly deletionWindowDays: number;
  /** Only scheduled ticks leave a record. */
  readonly keepsRecords: boolean;
  /** Where events go, if they go anywhere. */
  readonly busArn?: string;
}

const ofThisIssuer = (issuer: string) => ({ [`aws:ResourceTag/${TAGS.issuer}`]: issuer });

/** Tagging at birth cannot be told from tagging later: what encrypts somebody's data stays out of reach all the same. */
const signingKeys = (issuer: string) => ({ ...ofThisIssuer(issuer), 'kms:KeyUsage': 'SIGN_VERIFY' });

/** `ForAllValues` is true where the key is missing: hence the `Null`. */
export const ownItem = (issuer: string) => items([issuer]);

/** The keyring and the record of the last tick. The same name as in lib/aws/tick-records.ts. */
export const ownItems = (issuer: string) => items([issuer, `${issuer}#tick`]);

const items = (keys: readonly string[]) => ({
  'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': keys },
  Null: { 'dynamodb:LeadingKeys': 'false' },
});

/** Every supported algorithm, although each key's own policy pins one: a change of algorithm must not be an outage. */
export const signerStatements = ({ issuer, keysArn, tableArn }: SignerResources): PolicyStatement[] => [
  new PolicyStatement({
    sid: 'SignWithKeysOfThisIssuer',
    actions: ['kms:Sign'],
    resources: [keysArn],
    conditions: {
      StringEquals: {
        ...ofThisIssuer(issuer),
        'kms:SigningAlgorithm': SIGNING_ALGORITHMS,
        'kms:MessageType': ['DIGEST', 'RAW'],
      },
    },
  }),
  new PolicyStatement({
    sid: 'ReadTheKeyring',
    actions: ['dynamodb:GetItem'],
    resources: [tableArn],
    conditions: ownItem(issuer),
  }),
];

export const rotatorStatements = (resources: RotatorResources): PolicyStatement[] => [
  ...keyStatements(resources),
  new PolicyStatement({
    sid: 'ReadAndSaveTheKeyring',
    actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    resources: [resources.tableArn],
    conditions: resources.keepsRecords ? ownItems(resources.issuer) : ownItem(resources.issuer),
  }),
  new PolicyStatement({
    sid: 'ReadAndPublishDocuments',
    actions: ['s3:GetObject', 's3:PutObject'],
    resources: [`${resources.bucketArn}/public/*`],
  }),
  new PolicyStatement({
    // Without it a missing document is 403, and that must not pass for an empty bucket.
    sid: 'TellMissingFromForbidden',
    actions: ['s3:ListBucket'],
    resources: [resources.bucketArn],
  }),
  new PolicyStatement({
    sid: 'RefreshTheEdge',
    actions: ['cloudfront:CreateInvalidation'],
    resources: [resources.distributionArn],
  }),
  new PolicyStatement({
    sid: 'AskForACanary',
    actions: ['lambda:InvokeFunction'],
    resources: [resources.canaryAliasArn],
  }),
  ...(resources.busArn === undefined ? [] : [tellStatement(resources.busArn)]),
];

/** The same name as in lib/aws/eventbridge-events.ts. */
export const EVENT_SOURCE = 'keyturn';

/** On the bus that everybody shares, nobody may speak for others. `ForAllValues` is true where the key is missing. */
const tellStatement = (busArn: string): PolicyStatement =>
  new PolicyStatement({
    sid: 'TellWhatHappens',
    actions: ['events:PutEvents'],
    resources: [busArn],
    conditions: {
      'ForAllValues:StringEquals': { 'events:source': EVENT_SOURCE },
      Null: { 'events:source': 'false' },
    },
  });

function keyStatements({ issuer, keysArn, deletionWindowDays }: RotatorResources): PolicyStatement[] {
  const atBirth = { [`aws:RequestTag/${TAGS.issuer}`]: issuer };
  const onlyOurTags = { 'ForAllValues:StringEquals': { 'aws:TagKeys': Object.values(TAGS) } };
  return [
    new PolicyStatement({
      sid: 'CreateSigningKeys',
      actions: ['kms:CreateKey'],
      // A key that is not there yet has no ARN: the conditions are the fence.
      resources: ['*'],
      conditions: {
        StringEquals: {
          ...atBirth,
          'kms:KeySpec': KEY_SPECS,
          'kms:KeyUsage': 'SIGN_VERIFY',
          'kms:KeyOrigin': 'AWS_KMS',
        },
        Bool: { 'kms:MultiRegion': 'false', 'kms:BypassPolicyLockoutSafetyCheck': 'false' },
        ...onlyOurTags,
      },
    }),
    new PolicyStatement({
      // KMS Developer Guide, "Controlling access to tags": to tag at creation takes an IAM policy "that isn't restricted
      // to particular KMS keys".
      sid: 'TagKeysAtBirth',
      actions: ['kms:TagResource'],
      resources: ['*'],
      conditions: { StringEquals: atBirth, ...onlyOurTags },
    }),
    new PolicyStatement({
      sid: 'LookAfterKeysOfThisIssuer',
      actions: ['kms:DescribeKey', 'kms:DisableKey', 'kms:GetKeyPolicy', 'kms:GetPublicKey'],
      resources: [keysArn],
      conditions: { StringEquals: signingKeys(issuer) },
    }),
    new PolicyStatement({
      sid: 'ScheduleDeletionNoSoonerThanConfigured',
      actions: ['kms:ScheduleKeyDeletion'],
      resources: [keysArn],
      conditions: {
        StringEquals: signingKeys(issuer),
        NumericGreaterThanEquals: { 'kms:ScheduleKeyDeletionPendingWindowInDays': deletionWindowDays },
      },
    }),
    new PolicyStatement({ sid: 'FindTaggedKeys', actions: ['tag:GetResources'], resources: ['*'] }),
    new PolicyStatement({
      // No Deny of kms:PutKeyPolicy: KMS refuses to let somebody create a key who could not change its policy later.
      sid: 'NeverSign',
      effect: Effect.DENY,
      actions: ['kms:Sign', 'kms:CreateGrant'],
      resources: ['*'],
    }),
  ];
}
