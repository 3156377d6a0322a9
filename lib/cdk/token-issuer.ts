/** A token issuer in one construct: functions that sign and rotate, the keyring's table, the documents and their edge. */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type Alias, type FunctionUrl, FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Policy } from '../core/config.ts';
import { ROTATOR_TIMEOUT_SECONDS } from '../core/policy.ts';
import { Documents } from './documents.ts';
import { rotateEnvironment, signEnvironment } from './environments.ts';
import { IssuerFunction } from './functions.ts';
import { addOutputs } from './outputs.ts';
import { ownItem, rotatorStatements, signerStatements } from './permissions.ts';
import { policyFromProps } from './policy.ts';
import type { TokenIssuerProps } from './props.ts';
import { IssuerRoles } from './roles.ts';
import { Ticking } from './schedule.ts';

const DAY = 86_400;
/** Two rounds of a keyring that must be read again and of calls that the SDK tries twice. */
const SIGN_TIMEOUT = Duration.seconds(30);

/** The ids of its children are a part of the contract: another one would replace what holds state. */
export class TokenIssuer extends Construct {
  readonly policy: Policy;
  readonly roles: IssuerRoles;
  readonly table: Table;
  readonly bucket: Bucket;
  readonly distribution: Distribution;
  readonly signFunction: IssuerFunction;
  readonly rotateFunction: IssuerFunction;
  readonly operateFunction: IssuerFunction;
  /** Who may invoke it may have any token. */
  readonly anyAlias: Alias;
  /** Only the rotator and the operator may invoke it. */
  readonly canaryAlias: Alias;
  readonly signUrl: FunctionUrl;
  readonly ticking: Ticking;

  /** @throws KeyturnError `policy_invalid`, `policy_unsafe` in the words of run time */
  constructor(scope: Construct, id: string, props: TokenIssuerProps) {
    super(scope, id);
    this.policy = policyFromProps(props);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const { logRetention } = props;
    this.roles = new IssuerRoles(this, 'Roles', this.policy.issuer);
    const { signer, rotator, operator } = this.roles;

    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'issuer', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
      removalPolicy,
    });
    const documents = new Documents(this, 'Documents', {
      ...props,
      policy: this.policy,
      writerArns: this.roles.rotatorArns,
      removalPolicy,
    });
    this.bucket = documents.bucket;
    this.distribution = documents.distribution;

    this.signFunction = new IssuerFunction(this, 'Sign', {
      name: 'sign',
      description: `Signs tokens of ${this.policy.issuer}`,
      role: signer,
      environment: signEnvironment(this),
      timeout: SIGN_TIMEOUT,
      memorySize: props.memorySize,
      logRetention,
      removalPolicy,
    });
    this.anyAlias = this.signFunction.addAlias('any', { retryAttempts: 0 });
    this.canaryAlias = this.signFunction.addAlias('canary', { retryAttempts: 0 });
    this.signUrl = this.anyAlias.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });

    const environment = rotateEnvironment(this, props.observeAt);
    const rotating = { environment, timeout: Duration.seconds(ROTATOR_TIMEOUT_SECONDS), logRetention, removalPolicy };
    this.rotateFunction = new IssuerFunction(this, 'Rotate', {
      ...rotating,
      name: 'rotate',
      description: `Rotates the keys of ${this.policy.issuer}`,
      role: rotator,
    });
    this.operateFunction = new IssuerFunction(this, 'Operate', {
      ...rotating,
      name: 'operate',
      description: `Rotates and burns the keys of ${this.policy.issuer} when asked`,
      role: operator,
    });
    this.ticking = new Ticking(this, 'Ticking', {
      rotate: this.rotateFunction,
      role: rotator,
      tick: this.policy.tick,
    });
    // Somebody who burns waits for the answer; a retry behind his back would be a second burn.
    this.operateFunction.configureAsyncInvoke({ retryAttempts: 0 });

    this.#permit();
    addOutputs(this);
  }

  /** May have any token, by Invoke of the alias and at its URL. */
  grantSign(grantee: IGrantable): Grant {
    return this.anyAlias.grantInvoke(grantee).combine(this.signUrl.grantInvokeUrl(grantee));
  }

  /** May rotate now, burn and retain. */
  grantOperate(grantee: IGrantable): Grant {
    return this.operateFunction.grantInvoke(grantee);
  }

  /** May read keyring and documents: enough for `status` and `plan`, which compute where they run. */
  grantRead(grantee: IGrantable): Grant {
    const keyring = Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:GetItem'],
      resourceArns: [this.table.tableArn],
      conditions: ownItem(this.policy.issuer),
    });
    const resourceArns = [this.bucket.arnForObjects('public/*')];
    return keyring.combine(Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns }));
  }

  #permit(): void {
    const { signer, rotator, operator } = this.roles;
    const keysArn = Stack.of(this).formatArn({ service: 'kms', resource: 'key', resourceName: '*' });
    const resources = { issuer: this.policy.issuer, keysArn, tableArn: this.table.tableArn };
    for (const statement of signerStatements(resources)) signer.addToPrincipalPolicy(statement);
    const statements = rotatorStatements({
      ...resources,
      bucketArn: this.bucket.bucketArn,
      distributionArn: this.distribution.distributionArn,
      canaryAliasArn: this.canaryAlias.functionArn,
      deletionWindowDays: this.policy.deletionWindow / DAY,
    });
    for (const role of [rotator, operator]) {
      for (const statement of statements) role.addToPrincipalPolicy(statement.copy());
    }
  }
}
