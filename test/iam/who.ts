/** Who asks in the table of what must be denied, and what the statements of each are called after. */
import type { Principal } from './decide.ts';
import { FOREIGN_ROLE, ISSUER, OTHER_ISSUER, roleArn, rolesOf } from './names.ts';

const [own, others] = [rolesOf(ISSUER), rolesOf(OTHER_ISSUER)];

export const WHO = {
  signer: { arn: own.signer, owner: 'IssuerRolesSigner' },
  rotator: { arn: own.rotator, owner: 'IssuerRolesRotator' },
  operator: { arn: own.operator, owner: 'IssuerRolesOperator' },
  deployer: { arn: roleArn('IssuerDeploymentRole'), owner: 'IssuerDeploymentRole' },
  watcher: { arn: roleArn('IssuerTrailRole'), owner: 'IssuerTrailRole' },
  scheduler: { arn: roleArn('IssuerTickingInvoker'), owner: 'IssuerTickingInvoker' },
  'the other signer': { arn: others.signer, owner: 'OtherRolesSigner' },
  'the other rotator': { arn: others.rotator, owner: 'OtherRolesRotator' },
  'the other operator': { arn: others.operator, owner: 'OtherRolesOperator' },
  'the other deployer': { arn: roleArn('OtherDeploymentRole'), owner: 'OtherDeploymentRole' },
  /** Was granted any token. */
  caller: { arn: roleArn('caller'), owner: 'Caller' },
  /** Was granted the operations. */
  person: { arn: roleArn('person'), owner: 'Person' },
  /** Was granted reading. */
  reader: { arn: roleArn('reader'), owner: 'Reader' },
  /** Was granted auditing. */
  auditor: { arn: roleArn('auditor'), owner: 'Auditor' },
  /** Clients of the other issuer: one of this account, and one that may do anything in another account. */
  orders: { arn: roleArn('orders'), owner: 'Orders' },
  billing: { arn: FOREIGN_ROLE, owner: 'Foreigner' },
  /** Empties the bucket of the other issuer, which goes with its state. */
  'the cleaner': {
    arn: roleArn('CustomS3AutoDeleteObjectsCustomResourceProviderRole'),
    owner: 'CustomS3AutoDeleteObjectsCustomResourceProviderRole',
  },
  /** Holds `kms:*`, `s3:*` and `dynamodb:*` on everything. */
  administrator: { arn: roleArn('administrator'), owner: 'Administrator' },
} as const satisfies Record<string, Principal & { readonly owner: string }>;

export const SERVICES = {
  CloudFront: { service: 'cloudfront.amazonaws.com' },
  'EventBridge Scheduler': { service: 'scheduler.amazonaws.com' },
  EventBridge: { service: 'events.amazonaws.com' },
  Lambda: { service: 'lambda.amazonaws.com' },
  EC2: { service: 'ec2.amazonaws.com' },
} as const;

export type Who = keyof typeof WHO | keyof typeof SERVICES;

export const OWN_ROLES: readonly Who[] = ['signer', 'rotator', 'operator', 'deployer', 'watcher', 'scheduler'];
export const ROTATING: readonly Who[] = ['rotator', 'operator'];
export const GRANTED: readonly Who[] = ['caller', 'person', 'reader', 'auditor', 'orders', 'billing'];
export const OTHERS: readonly Who[] = [
  'the other signer',
  'the other rotator',
  'the other operator',
  'the other deployer',
];

export const principalOf = (who: Who): Principal => ({ ...SERVICES, ...WHO })[who];
