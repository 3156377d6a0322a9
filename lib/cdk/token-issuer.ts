/** A token issuer in one construct: functions that sign and rotate, the keyring's table, the documents and their edge. */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Alias, FunctionUrl } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { ClientRules } from '../core/clients.ts';
import type { Policy } from '../core/config.ts';
import { KeyturnError } from '../core/errors.ts';
import { ROTATOR_TIMEOUT_SECONDS } from '../core/policy.ts';
import { Alarms, wantsMetrics } from './alarms.ts';
import { Callers } from './callers.ts';
import type { ClientProps, IssuerClient } from './clients.ts';
import { addDashboard } from './dashboard.ts';
import { Deployment } from './deployment.ts';
import { Documents } from './documents.ts';
import { issuerOf, warnOfNoDomain } from './domain.ts';
import { operateEnvironment, rotateEnvironment, signEnvironment } from './environments.ts';
import { IssuerFunction } from './functions.ts';
import type { Whereabouts } from './grants.ts';
import { ImportedTokenIssuer, type TokenIssuerAttributes, TokenIssuerBase } from './issuer-base.ts';
import { LogMetrics } from './log-metrics.ts';
import { addClientOutput, addOutputs, whereaboutsOf } from './outputs.ts';
import { rotatorStatements, signerStatements } from './permissions.ts';
import { policyFromProps } from './policy.ts';
import type { TokenIssuerProps } from './props.ts';
import { IssuerRoles } from './roles.ts';
import { Ticking } from './schedule.ts';
import { SignCode } from './sign-code.ts';
import { tableFence } from './table-policy.ts';
import { TrailWatch } from './trail.ts';

const DAY = 86_400;
/** Two rounds of a keyring that must be read again and of calls that the SDK tries twice. */
const SIGN_TIMEOUT = Duration.seconds(30);

/** The ids of its children are a part of the contract: another one would replace what holds state. */
export class TokenIssuer extends TokenIssuerBase {
  /** An issuer that another stack has made: its outputs, for grants and metrics. */
  static fromAttributes(scope: Construct, id: string, attributes: TokenIssuerAttributes): TokenIssuerBase {
    return new ImportedTokenIssuer(scope, id, attributes);
  }

  readonly policy: Policy;
  readonly removalPolicy: RemovalPolicy;
  /** Whether its functions write metrics of their own. */
  readonly hasMetrics: boolean;
  readonly hasEvents: boolean;
  readonly hasPage: boolean;
  readonly allowsImport: boolean;
  readonly roles: IssuerRoles;
  readonly table: Table;
  readonly bucket: Bucket;
  readonly distribution: Distribution;
  readonly signFunction: IssuerFunction;
  readonly rotateFunction: IssuerFunction;
  readonly operateFunction: IssuerFunction;
  /** Only the rotator, the operator and a deployment may invoke it. */
  readonly canaryAlias: Alias;
  readonly deployment: Deployment;
  readonly ticking: Ticking;
  /** With `watchTrail`. */
  readonly trailWatch: TrailWatch | undefined;
  /** Where there is an alarmTopic. */
  readonly alarms: Alarms | undefined;
  readonly #callers: Callers;

  /** @throws KeyturnError `policy_invalid`, `policy_unsafe` in the words of run time */
  constructor(scope: Construct, id: string, props: TokenIssuerProps) {
    super(scope, id);
    this.policy = policyFromProps({ ...props, issuer: issuerOf(props) });
    this.#refuseTwice();
    this.removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.allowsImport = props.allowImport ?? false;
    this.hasEvents = props.events ?? false;
    this.hasPage = props.page ?? false;
    this.hasMetrics = wantsMetrics(props);
    const { removalPolicy } = this;
    const { logRetention, observeAt } = props;
    this.roles = new IssuerRoles(this, 'Roles', this.policy.issuer);
    const { signer, rotator, operator } = this.roles;

    const writerArns = this.roles.rotatorArns;
    this.table = new Table(this, 'Table', {
      resourcePolicy: tableFence(writerArns),
      ...(props.tableName && { tableName: props.tableName }),
      partitionKey: { name: 'issuer', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
    });
    const documents = new Documents(this, 'Documents', { ...props, policy: this.policy, writerArns, removalPolicy });
    this.bucket = documents.bucket;
    this.distribution = documents.distribution;

    const rules: Record<string, ClientRules> = {};
    this.signFunction = new IssuerFunction(this, 'Sign', {
      name: 'sign',
      description: `Signs tokens of ${this.policy.issuer}`,
      role: signer,
      environment: signEnvironment(this),
      code: new SignCode(() => rules),
      timeout: SIGN_TIMEOUT,
      memorySize: props.memorySize,
      logRetention,
      removalPolicy,
    });
    this.#callers = new Callers(this, this.signFunction, rules, this.policy);
    this.canaryAlias = this.signFunction.addAlias('canary');

    const rotating = { timeout: Duration.seconds(ROTATOR_TIMEOUT_SECONDS), logRetention, removalPolicy };
    this.rotateFunction = new IssuerFunction(this, 'Rotate', {
      ...rotating,
      name: 'rotate',
      description: `Rotates the keys of ${this.policy.issuer}`,
      role: rotator,
      environment: rotateEnvironment(this, observeAt),
    });
    this.operateFunction = new IssuerFunction(this, 'Operate', {
      ...rotating,
      name: 'operate',
      description: `Rotates and burns the keys of ${this.policy.issuer} when asked`,
      role: operator,
      environment: operateEnvironment(this, observeAt),
    });
    // Somebody who burns waits for the answer; a retry behind his back would be a second burn.
    this.operateFunction.configureAsyncInvoke({ retryAttempts: 0 });
    this.#permit();

    this.deployment = new Deployment(this, 'Deployment', props, [documents, this.distribution]);
    this.ticking = new Ticking(this, 'Ticking', {
      rotate: this.rotateFunction,
      role: rotator,
      tick: this.policy.tick,
    });
    // The first key is the deployment's to make, and the last tick must be over before an issuer is closed.
    this.ticking.schedule.node.addDependency(this.deployment.resource);

    this.trailWatch = TrailWatch.of(this, props);
    new LogMetrics(this, 'LogMetrics', props);
    this.alarms = props.alarmTopic && new Alarms(this, 'Alarms', props.alarmTopic);
    if (props.dashboard) addDashboard(this, 'Dashboard', this);
    addOutputs(this, props);
    warnOfNoDomain(this, props);
  }

  get issuerUrl(): string {
    return this.policy.issuer;
  }

  get whereabouts(): Whereabouts {
    return whereaboutsOf(this);
  }

  /** By name. */
  get clients(): ReadonlyMap<string, IssuerClient> {
    return this.#callers.clients;
  }

  /** Who may invoke it may have any token. Undefined where there are clients. */
  get anyAlias(): Alias | undefined {
    return this.#callers.any?.alias;
  }

  /** Of an issuer without clients. */
  get signUrl(): FunctionUrl | undefined {
    return this.#callers.any?.url;
  }

  /**
   * Lets a role ask for certain tokens, through an alias and a function URL of its own. With the first client `any` ceases
   * to exist.
   * @throws KeyturnError `policy_invalid` for rules that no request could pass, or that are not literal
   */
  addClient(name: string, props: ClientProps): IssuerClient {
    const client = this.#callers.add(name, props);
    addClientOutput(this, client);
    return client;
  }

  /**
   * May have any token, by Invoke of the alias `any` and at its URL.
   * @throws KeyturnError `policy_invalid` where there are clients
   */
  override grantSign(grantee: IGrantable): Grant {
    return this.#callers.grantAny(grantee);
  }

  /**
   * Runs of the reconciler.
   * @default - sum over 5 minutes
   */
  metricTicks(options?: MetricOptions): Metric {
    return this.rotateFunction.metricInvocations(options);
  }

  /**
   * Runs of the reconciler that ended in an error.
   * @default - sum over 5 minutes
   */
  metricTickErrors(options?: MetricOptions): Metric {
    return this.rotateFunction.metricErrors(options);
  }

  /**
   * Failed runs that nobody has looked at.
   * @default - maximum over 5 minutes
   */
  metricFailedTicks(options?: MetricOptions): Metric {
    return this.ticking.failures.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', ...options });
  }

  /** Roles and tags are named after the issuer, so it lives once in an account. */
  #refuseTwice(): void {
    const { account } = Stack.of(this);
    const twin = this.node.root.node
      .findAll()
      .find((other) => other instanceof TokenIssuer && other !== this && other.policy?.issuer === this.policy.issuer);
    if (!twin || Stack.of(twin).account !== account) return;
    throw new KeyturnError(
      'policy_invalid',
      `issuer ${this.policy.issuer} must be made once, ${twin.node.path} makes it`,
    );
  }

  #permit(): void {
    const { signer, rotator, operator } = this.roles;
    const keysArn = Stack.of(this).formatArn({ service: 'kms', resource: 'key', resourceName: '*' });
    const resources = { issuer: this.policy.issuer, keysArn, tableArn: this.table.tableArn };
    for (const statement of signerStatements(resources)) signer.addToPrincipalPolicy(statement);
    const statements = (keepsRecords: boolean) =>
      rotatorStatements({
        ...resources,
        keepsRecords,
        bucketArn: this.bucket.bucketArn,
        distributionArn: this.distribution.distributionArn,
        canaryAliasArn: this.canaryAlias.functionArn,
        deletionWindowDays: this.policy.deletionWindow / DAY,
        ...(this.hasEvents && {
          busArn: Stack.of(this).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' }),
        }),
      });
    for (const statement of statements(true)) rotator.addToPrincipalPolicy(statement);
    for (const statement of statements(false)) operator.addToPrincipalPolicy(statement);
  }
}
