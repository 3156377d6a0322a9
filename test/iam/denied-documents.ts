/** The documents, the keyring's item, the edge and the logs: who writes where everybody reads. */
import { ACCOUNT, REGION } from '../../lib/local/wire.ts';
import type { Context } from './conditions.ts';
import { type Asking, but, type Row, row } from './denied.ts';
import { ISSUER, OTHER_ISSUER, rolesOf } from './names.ts';
import { GRANTED, OTHERS, OWN_ROLES, ROTATING } from './who.ts';

const BUCKET = 'arn:aws:s3:::IssuerDocumentsBucket';
const [ABSENT, REPLACED]: Context[] = [
  { 's3:if-match': null, 's3:if-none-match': '*' },
  { 's3:if-match': '"etag"', 's3:if-none-match': null },
];
const object = (path: string): Asking => ({ on: `${BUCKET}${path}`, context: { ...REPLACED } });
const JWKS = object('/public/.well-known/jwks.json');
const [PAGE, TIMELINE] = ['/public/index.html', '/public/timeline.json'].map(object) as [Asking, Asking];
const PUT = ['s3:PutObject'];
const READ = ['s3:GetObject', 's3:GetObjectVersion'];
const WRITE = ['s3:PutObject', 's3:PutObjectAcl', 's3:PutObjectTagging', 's3:ReplicateObject', 's3:ReplicateTags'];
const DELETE = ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:ReplicateDelete'];
const OVER_HTTP: Context = { 'aws:securetransport': 'false' };
const [ELSE_WRITES, BLINDLY, DELETES, TLS] = [
  'NobodyElseWrites',
  'NobodyWritesBlindly',
  'NobodyDeletes',
  'Deny s3:*',
].map((sid) => `IssuerDocumentsBucket ${sid}`);

const documents: Row[] = [
  row(
    'write a document',
    ['administrator', 'signer', 'deployer', 'watcher', 'reader', 'auditor', 'billing', ...OTHERS],
    WRITE,
    JWKS,
    ELSE_WRITES,
  ),
  // Who writes the page decides what runs at the issuer's address.
  ...[PAGE, TIMELINE].flatMap((asking) => [
    row('write the page', ['administrator', 'signer', 'deployer', 'reader', ...OTHERS], PUT, asking, ELSE_WRITES),
    row('write over a page that it has not read', ROTATING, PUT, but(asking, { 's3:if-match': null }), BLINDLY),
    row('delete the page', [...ROTATING, 'administrator'], DELETE, asking, DELETES),
  ]),
  row('write a document', ['CloudFront'], PUT, but(JWKS, { ...ABSENT }), ELSE_WRITES),
  row('write over what it has not read', ROTATING, PUT, but(JWKS, { 's3:if-match': null }), BLINDLY),
  row('delete a document or a version', [...ROTATING, 'administrator', 'CloudFront'], DELETE, JWKS, DELETES),
  row('read without TLS', [...ROTATING, 'reader', 'CloudFront'], ['s3:GetObject'], but(JWKS, OVER_HTTP), TLS),
  row('list without TLS', ROTATING, ['s3:ListBucket'], but({ ...JWKS, on: BUCKET }, OVER_HTTP), TLS),
  row('write beside the documents', ROTATING, PUT, object('/private/notes')),
  row('read beside the documents', [...ROTATING, 'reader', 'auditor'], READ, object('/private/notes')),
  row('read in the bucket', ['signer', 'deployer', 'watcher', 'scheduler', 'caller', 'person', 'billing'], READ, JWKS),
  row('read former versions', ['reader', ...ROTATING], ['s3:GetObjectVersion'], JWKS),
  row('list former versions', ['reader', 'person', ...OWN_ROLES], ['s3:ListBucketVersions'], { ...JWKS, on: BUCKET }),
  row('open the bucket', OWN_ROLES, ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy'], { ...JWKS, on: BUCKET }),
  row(
    'read for another distribution',
    ['CloudFront'],
    ['s3:GetObject'],
    but(JWKS, { 'aws:sourcearn': `arn:aws:cloudfront::${ACCOUNT}:distribution/ANOTHER` }),
  ),
  row('empty the bucket of the issuer that stays', ['the other deployer', 'the cleaner'], DELETE, JWKS, DELETES),
];

const TABLE = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/`;
const item = (issuer: string | null, table = 'IssuerTable'): Asking => ({
  on: `${TABLE}${table}`,
  context: { 'dynamodb:leadingkeys': issuer === null ? null : [issuer] },
});
const GET = ['dynamodb:GetItem'];
const WRITE_ITEM = [
  ...['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'PartiQLInsert', 'PartiQLUpdate', 'PartiQLDelete'],
].map((name) => `dynamodb:${name}`);
const KEYRING = 'IssuerTable NobodyElseWritesTheKeyring';
const RECORD = [...GET, 'dynamodb:PutItem'];
const OTHER_CALLS = ['UpdateItem', 'DeleteItem', 'Query', 'Scan', 'BatchWriteItem'].map((name) => `dynamodb:${name}`);

const keyrings: Row[] = [
  row(
    'read another issuer’s keyring',
    ['signer', 'watcher', 'reader', 'auditor', ...ROTATING],
    GET,
    item(OTHER_ISSUER),
  ),
  row('write another issuer’s keyring', ROTATING, ['dynamodb:PutItem'], item(OTHER_ISSUER)),
  row('read what it does not name', ['signer', 'watcher', 'reader', 'auditor', ...ROTATING], GET, item(null)),
  row('write what it does not name', ROTATING, ['dynamodb:PutItem'], item(null)),
  row(
    'read in another table',
    ['signer', 'watcher', 'reader', 'auditor', ...ROTATING],
    GET,
    item(ISSUER, 'OtherTable'),
  ),
  row('write the keyring', ['signer', 'deployer', 'watcher', ...GRANTED], ['dynamodb:PutItem'], item(ISSUER)),
  row(
    'write the keyring in any way',
    ['administrator', 'signer', 'billing', ...OTHERS],
    WRITE_ITEM,
    item(ISSUER),
    KEYRING,
  ),
  row('read the keyring', ['deployer', 'scheduler', 'caller', 'person', 'billing', ...OTHERS], GET, item(ISSUER)),
  row(
    'read or write the record of ticks',
    ['signer', 'deployer', 'watcher', 'caller', 'person'],
    RECORD,
    item(`${ISSUER}#tick`),
  ),
  row('treat the keyring otherwise', OWN_ROLES, OTHER_CALLS, item(ISSUER)),
];

const at = (on: string): Asking => ({ on, context: {} });
const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:IssuerTickingFailures`;
const distribution = (name: string) => at(`arn:aws:cloudfront::${ACCOUNT}:distribution/${name}`);
const INVALIDATE = ['cloudfront:CreateInvalidation'];
const LOG = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const log = (group: string) => at(`arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${group}:log-stream:s`);

const bus = (sources: readonly string[] | null, name = 'default'): Asking => ({
  on: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/${name}`,
  context: { 'events:source': sources },
});
const TELL = ['events:PutEvents'];

const around: Row[] = [
  row('speak for others on the bus', ROTATING, TELL, bus(['com.example.orders'])),
  row('speak for others among its own', ROTATING, TELL, bus(['keyturn', 'com.example.orders'])),
  row('speak for nobody on the bus', ROTATING, TELL, bus(null)),
  row('tell on another bus', ROTATING, TELL, bus(['keyturn'], 'orders')),
  row('tell what happens', ['signer', 'deployer', ...GRANTED], TELL, bus(['keyturn'])),
  row('refresh the edge', ['signer', 'deployer', ...GRANTED], INVALIDATE, distribution('IssuerDocumentsDistribution')),
  row('refresh another edge', ROTATING, INVALIDATE, distribution('OtherDocumentsDistribution')),
  row('write another function’s log', ['signer', 'deployer', 'operator'], LOG, log('IssuerRotateLogs')),
  row(
    'report without TLS',
    ['rotator'],
    ['sqs:SendMessage'],
    but(at(QUEUE), OVER_HTTP),
    'IssuerTickingFailures Deny sqs:*',
  ),
  row('report failed ticks', ['signer', 'operator', 'deployer'], ['sqs:SendMessage'], at(QUEUE)),
];

const role = (name: string) => at(rolesOf(name).rotator);
const looking: Row[] = [
  row('ask what other roles may do', ['auditor'], ['iam:SimulatePrincipalPolicy'], role(OTHER_ISSUER)),
  row('ask what the roles may do', ['person', 'reader', ...OWN_ROLES], ['iam:SimulatePrincipalPolicy'], role(ISSUER)),
  row('change what the roles may do', ['auditor', ...OWN_ROLES], ['iam:PutRolePolicy'], role(ISSUER)),
  row(
    'change the schedule',
    ['auditor', ...OWN_ROLES],
    ['scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'],
    at(`arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/IssuerTickingSchedule`),
  ),
  row(
    'ask another log',
    ['auditor'],
    ['logs:StartQuery'],
    at(`arn:aws:logs:${REGION}:${ACCOUNT}:log-group:OtherSignLogs:*`),
  ),
];

export const DOCUMENTS = [...documents, ...keyrings, ...around, ...looking];
