/**
 * What CloudTrail hands to EventBridge, after AWS's own examples.
 * https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html
 */
export const ACCOUNT = '111122223333';
export const KEY_ARN = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

export interface TrailEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export const ALICE = {
  type: 'IAMUser',
  principalId: 'EX_PRINCIPAL_ID',
  arn: `arn:aws:iam::${ACCOUNT}:user/Alice`,
  accountId: ACCOUNT,
  userName: 'Alice',
};
export const acting = (role: string) => ({
  type: 'AssumedRole',
  principalId: 'AROAEXAMPLE:session',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/session`,
  accountId: ACCOUNT,
  sessionContext: {
    sessionIssuer: {
      type: 'Role',
      principalId: 'AROAEXAMPLE',
      arn: `arn:aws:iam::${ACCOUNT}:role/${role}`,
      accountId: ACCOUNT,
      userName: role,
    },
  },
});

export const trailEvent = (service: string, eventName: string, detail: object = {}): TrailEvent => ({
  source: `aws.${service}`,
  'detail-type': 'AWS API Call via CloudTrail',
  detail: {
    eventVersion: '1.08',
    userIdentity: ALICE,
    eventTime: '2026-11-23T18:58:30Z',
    eventSource: `${service}.amazonaws.com`,
    eventName,
    awsRegion: 'us-east-1',
    sourceIPAddress: '192.0.2.0',
    userAgent: 'aws-cli/2',
    eventID: '3c4226b0-1e81-48a8-a333-7fa5f3cbd118',
    readOnly: false,
    eventType: 'AwsApiCall',
    recipientAccountId: ACCOUNT,
    ...detail,
  },
});

export const keyEvent = (eventName: string, detail: object = {}, arn = KEY_ARN): TrailEvent =>
  trailEvent('kms', eventName, {
    requestParameters: { keyId: arn.split('/')[1] },
    responseElements: { keyId: arn },
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
    ...detail,
  });

const onBucket = (name: string, bucketName: string, more: object = {}) =>
  trailEvent('s3', name, { requestParameters: { bucketName }, ...more });
const onTable = (name: string, requestParameters: object, more: object = {}) =>
  trailEvent('dynamodb', name, { requestParameters, ...more });
/** As data events name what they were about. */
const onTables = (...names: string[]) => ({
  resources: names.map((name) => ({
    accountId: ACCOUNT,
    type: 'AWS::DynamoDB::Table',
    ARN: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/${name}`,
  })),
});
/** As test/iam/template.ts resolves the names of a template. */
const BUCKET = 'IssuerDocumentsBucket';
const TABLE = 'IssuerTable';
const TABLE_ARN = onTables(TABLE).resources[0]?.ARN;
const OWN_ROLE = 'keyturn-auth-example-com-1ce18487';
const BY_CLOUDFORMATION = { userIdentity: acting('cfn-exec'), sourceIPAddress: 'cloudformation.amazonaws.com' };
const by = (role: string) => ({ userIdentity: acting(role) });

type Case = readonly [what: string, event: TrailEvent];

export const SEEN: readonly Case[] = [
  ...['DisableKey', 'EnableKey', 'ScheduleKeyDeletion', 'CancelKeyDeletion', 'PutKeyPolicy', 'CreateGrant'].map(
    (name): Case => [`${name} by a person`, keyEvent(name)],
  ),
  ...['TagResource', 'UntagResource'].map((name): Case => [`${name} by a person`, keyEvent(name)]),
  ['a role of somebody else', keyEvent('DisableKey', by('admin'))],
  ['the signer', keyEvent('DisableKey', by(`${OWN_ROLE}-signer`))],
  ['a deployment that touches a key', keyEvent('PutKeyPolicy', BY_CLOUDFORMATION)],
  ...['PutBucketPolicy', 'DeleteBucketPolicy', 'PutBucketVersioning', 'PutObject', 'DeleteObject'].map(
    (name): Case => [`${name} on the bucket`, onBucket(name, BUCKET)],
  ),
  ['UpdateTable', onTable('UpdateTable', { tableName: TABLE })],
  ['DeleteTable, by the ARN', onTable('DeleteTable', { tableName: TABLE_ARN })],
  ['PutResourcePolicy', onTable('PutResourcePolicy', { resourceArn: TABLE_ARN })],
  ['PutItem', onTable('PutItem', { tableName: TABLE })],
  ...Object.entries({
    // Three of four shapes as in AWS's own examples; of BatchWriteItem there is none.
    BatchWriteItem: { requestItems: { [TABLE]: [{ putRequest: {} }] } },
    TransactWriteItems: { requestItems: [{ operation: 'Put', tableName: TABLE, key: { issuer: 'x' } }] },
    ExecuteStatement: { statement: `UPDATE ${TABLE} SET keyring = ***(Redacted) WHERE issuer = 'x'` },
    BatchExecuteStatement: { requestItems: [{ statement: `DELETE FROM ${TABLE} WHERE issuer = 'x'` }] },
    ExecuteTransaction: { transactStatements: [{ statement: `DELETE FROM ${TABLE} WHERE issuer = 'x'` }] },
  }).map(([name, request]): Case => [name, onTable(name, request, onTables('somebodys', TABLE))]),
];

export const UNSEEN: readonly Case[] = [
  ...['rotator', 'operator'].flatMap((kind): Case[] => [
    [`the ${kind} with a key`, keyEvent('DisableKey', by(`${OWN_ROLE}-${kind}`))],
    [`the ${kind} with a document`, onBucket('PutObject', BUCKET, by(`${OWN_ROLE}-${kind}`))],
    [`the ${kind} with the keyring`, onTable('PutItem', { tableName: TABLE }, by(`${OWN_ROLE}-${kind}`))],
  ]),
  ['what was refused', keyEvent('PutKeyPolicy', { errorCode: 'AccessDenied' })],
  ['a deployment of the bucket', onBucket('PutBucketPolicy', BUCKET, BY_CLOUDFORMATION)],
  ['a deployment of the table', onTable('UpdateTable', { tableName: TABLE }, BY_CLOUDFORMATION)],
  ['another bucket', onBucket('PutBucketPolicy', 'somebodys')],
  ['another table', onTable('DeleteTable', { tableName: 'somebodys' })],
  ['items of another table', onTable('TransactWriteItems', { requestItems: [] }, onTables('somebodys'))],
  [
    'the rotator with several items',
    onTable('BatchWriteItem', {}, { ...onTables(TABLE), ...by(`${OWN_ROLE}-rotator`) }),
  ],
  ['a look at an item', onTable('GetItem', { tableName: TABLE }, onTables(TABLE))],
  ['a backup', onTable('CreateBackup', { tableName: TABLE })],
  ['a signature', keyEvent('Sign')],
  ['another kind of event', { ...keyEvent('DisableKey'), 'detail-type': 'AWS Service Event via CloudTrail' }],
];
