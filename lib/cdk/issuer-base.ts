/** What can be done with an issuer from outside, whether this app makes it or another one has. */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { parseIssuer } from '../core/issuer.ts';
import { grantAuditing, grantOperating, grantReading, type Whereabouts } from './grants.ts';
import { MeasuredIssuer } from './measured-issuer.ts';

export abstract class TokenIssuerBase extends MeasuredIssuer {
  abstract readonly table: Pick<ITable, 'tableArn' | 'tableName'>;
  abstract readonly bucket: Pick<IBucket, 'arnForObjects' | 'bucketArn' | 'bucketName'>;
  abstract readonly signFunction: IFunction;
  abstract readonly operateFunction: IFunction;
  /** What grants name besides, as far as it is known here. */
  abstract readonly whereabouts: Partial<Whereabouts>;

  /** May have any token: only of an issuer without clients. */
  abstract grantSign(grantee: IGrantable): Grant;

  /** May rotate now, burn, retain, release, recover; with `allowImport` publish another issuer's keys. */
  grantOperate(grantee: IGrantable): Grant {
    return grantOperating(this, grantee);
  }

  /** May read keyring, last tick and documents: enough for `status` and `plan`, which compute where they run. */
  grantRead(grantee: IGrantable): Grant {
    return grantReading(this, grantee);
  }

  /**
   * May also look at all that `status`, `audit` and `who` hold against each other: versions of documents, KMS keys, the
   * schedule, what the roles may do, the issuance log. It changes nothing.
   */
  grantAudit(grantee: IGrantable): Grant {
    return grantAuditing(this, grantee);
  }

  /**
   * Requests for tokens, refused ones and canaries among them.
   * @default - sum over 5 minutes
   */
  metricSignInvocations(options?: MetricOptions): Metric {
    return this.signFunction.metricInvocations(options);
  }

  /**
   * Requests that ended in an error: by direct Invoke refusals too; at a function URL those are answers.
   * @default - sum over 5 minutes
   */
  metricSignErrors(options?: MetricOptions): Metric {
    return this.signFunction.metricErrors(options);
  }

  /**
   * Requests that Lambda turned away.
   * @default - sum over 5 minutes
   */
  metricSignThrottles(options?: MetricOptions): Metric {
    return this.signFunction.metricThrottles(options);
  }

  /**
   * Milliseconds that a request took.
   * @default - average over 5 minutes
   */
  metricSignDuration(options?: MetricOptions): Metric {
    return this.signFunction.metricDuration(options);
  }
}

/** The outputs of the issuer's stack, under their names. */
export interface TokenIssuerAttributes {
  readonly issuerUrl: string;
  readonly signFunctionName: string;
  readonly operateFunctionName: string;
  readonly tableName: string;
  readonly bucketName: string;
  /**
   * The stack that makes it, which the command asks for these names.
   * @default - grants leave out what they cannot name
   */
  readonly stackName?: string;
  /**
   * For `grantAudit`.
   * @default - the schedule is not looked at
   */
  readonly scheduleName?: string;
  /**
   * For `grantAudit`.
   * @default - the issuance log is not asked
   */
  readonly signLogGroupName?: string;
}

/** An issuer that another stack of this account and Region has made. */
export class ImportedTokenIssuer extends TokenIssuerBase {
  readonly issuerUrl: string;
  readonly table: ITable;
  readonly bucket: IBucket;
  readonly signFunction: IFunction;
  readonly operateFunction: IFunction;
  readonly whereabouts: Partial<Whereabouts>;
  readonly #signFunctionName: string;

  /** @throws KeyturnError `policy_invalid` */
  constructor(scope: Construct, id: string, attributes: TokenIssuerAttributes) {
    super(scope, id);
    this.issuerUrl = parseIssuer(attributes.issuerUrl);
    this.whereabouts = attributes;
    this.#signFunctionName = attributes.signFunctionName;
    this.table = Table.fromTableName(this, 'Table', attributes.tableName);
    this.bucket = Bucket.fromBucketName(this, 'Bucket', attributes.bucketName);
    this.signFunction = LambdaFunction.fromFunctionName(this, 'Sign', attributes.signFunctionName);
    this.operateFunction = LambdaFunction.fromFunctionName(this, 'Operate', attributes.operateFunctionName);
  }

  override grantSign(grantee: IGrantable): Grant {
    const resourceName = `${this.#signFunctionName}:any`;
    const alias = Stack.of(this).formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const invoke = Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns: [alias] });
    const conditions = { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } };
    const actions = ['lambda:InvokeFunctionUrl'];
    return invoke.combine(Grant.addToPrincipal({ grantee, actions, resourceArns: [alias], conditions }));
  }
}
