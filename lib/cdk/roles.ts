/**
 * Who acts. A KMS key's policy is written once and lists these roles by ARN, so their names are a contract: a recreated
 * role, a refactored stack, a redeployment over retained state must find the same ones, or the old key signs no more.
 * IAM's names are the account's, so an issuer lives once in an account.
 */
import { createHash } from 'node:crypto';
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

export const ROLE_KINDS = ['signer', 'rotator', 'operator'] as const;
export type RoleKind = (typeof ROLE_KINDS)[number];

/**
 * What has a name in the whole account, and not in one Region, is called after the issuer. 47 characters of letters, digits
 * and hyphens at most; the digest keeps issuers apart whose slugs are equal.
 */
export function accountName(issuer: string): string {
  const slug = issuer.replace(/^https?:\/\//, '').replaceAll(/[^a-zA-Z0-9]+/g, '-');
  const digest = createHash('sha256').update(issuer).digest('hex').slice(0, 8);
  return `keyturn-${slug.slice(0, 30).replace(/-$/, '')}-${digest}`;
}

/** IAM takes 64 characters of letters, digits and `+=,.@_-`. */
export const roleName = (issuer: string, kind: RoleKind): string => `${accountName(issuer)}-${kind}`;

/** From the name and not from the resource: what names the role must not wait for it, nor change with it. */
export function roleArn(scope: Construct, issuer: string, kind: RoleKind): string {
  const name = { region: '', resourceName: roleName(issuer, kind), arnFormat: ArnFormat.SLASH_RESOURCE_NAME };
  return Stack.of(scope).formatArn({ service: 'iam', resource: 'role', ...name });
}

export class IssuerRoles extends Construct {
  readonly signer: Role;
  readonly rotator: Role;
  readonly operator: Role;
  readonly #issuer: string;

  constructor(scope: Construct, id: string, issuer: string) {
    super(scope, id);
    this.#issuer = issuer;
    this.signer = this.#role('Signer', 'signer', `Signs the tokens of ${issuer}`);
    this.rotator = this.#role('Rotator', 'rotator', `Rotates the keys of ${issuer}`);
    this.operator = this.#role('Operator', 'operator', `Rotates and burns the keys of ${issuer} when asked`);
  }

  arnOf(kind: RoleKind): string {
    return roleArn(this, this.#issuer, kind);
  }

  /** Who makes keys and writes documents. */
  get rotatorArns(): string[] {
    return [this.arnOf('rotator'), this.arnOf('operator')];
  }

  #role(id: string, kind: RoleKind, description: string): Role {
    const assumedBy = new ServicePrincipal('lambda.amazonaws.com');
    return new Role(this, id, { roleName: roleName(this.#issuer, kind), assumedBy, description });
  }
}
