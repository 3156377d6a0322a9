/**
 * What a trail tells of others' hands on keys, table and documents. CloudTrail hands management events to EventBridge only
 * where a trail logs them. Rules keep out what the issuer does itself; the watch function knows which keys are its own.
 *
 * https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-kms.html
 */
import { Duration } from 'aws-cdk-lib';
import { type EventPattern, Match, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { KeyturnError } from '../core/errors.ts';
import { watchEnvironment } from './environments.ts';
import { IssuerFunction } from './functions.ts';
import { ownItem } from './permissions.ts';
import type { TokenIssuerProps } from './props.ts';
import type { TokenIssuer } from './token-issuer.ts';

/** What changes who may use a key, or whether it works. Sign is read-only to CloudTrail: it reaches no rule like these. */
const KEY_CALLS = [
  ...['DisableKey', 'EnableKey', 'ScheduleKeyDeletion', 'CancelKeyDeletion', 'PutKeyPolicy', 'CreateGrant'],
  ...['TagResource', 'UntagResource'],
];
/**
 * Writes of items are there only where the trail logs data events, and all of these list the tables under `resources`: some
 * have the name deep in the request, and PartiQL has it in a statement. That may be one that reads, the trail does not tell.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/understanding-ddb-log-entries.html
 */
const TABLE_CALLS = [
  ...['UpdateTable', 'DeleteTable', 'PutResourcePolicy', 'DeleteResourcePolicy', 'UpdateContinuousBackups'],
  ...['UpdateTimeToLive', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems'],
  ...['ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction'],
];

export class TrailWatch extends Construct {
  readonly function: IssuerFunction;
  readonly rules: readonly Rule[];

  /** @throws KeyturnError `policy_invalid` where nobody would be told */
  static of(issuer: TokenIssuer, props: TokenIssuerProps): TrailWatch | undefined {
    if (!props.watchTrail) return undefined;
    if (props.alarmTopic && issuer.hasMetrics) return new TrailWatch(issuer, 'Trail', props);
    throw new KeyturnError('policy_invalid', 'watchTrail must have an alarmTopic, and metrics for its alarm');
  }

  constructor(issuer: TokenIssuer, id: string, { logRetention }: Pick<TokenIssuerProps, 'logRetention'>) {
    super(issuer, id);
    const { policy, table, bucket, removalPolicy } = issuer;
    const description = `Sees who else touches the keys of ${policy.issuer}`;
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description });
    role.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'ReadTheKeyring',
        actions: ['dynamodb:GetItem'],
        resources: [table.tableArn],
        conditions: ownItem(policy.issuer),
      }),
    );
    this.function = new IssuerFunction(this, 'Function', {
      name: 'watch',
      description,
      role,
      environment: watchEnvironment(issuer),
      timeout: Duration.seconds(30),
      memorySize: 256,
      logRetention,
      removalPolicy,
    });
    const own = issuer.roles.rotatorArns;
    const { tableName, tableArn } = table;
    this.rules = [
      this.#rule('Keys', callsOf('kms', own, { eventName: KEY_CALLS })),
      this.#rule(
        'Documents',
        callsOf('s3', own, { ...notByDeployments, requestParameters: { bucketName: [bucket.bucketName] } }),
      ),
      this.#rule(
        'Table',
        callsOf('dynamodb', own, {
          ...notByDeployments,
          eventName: TABLE_CALLS,
          $or: [
            { requestParameters: { tableName: [tableName, tableArn] } },
            { requestParameters: { resourceArn: [tableArn] } },
            { resources: { ARN: [tableArn] } },
          ],
        }),
      ),
    ];
  }

  #rule(id: string, eventPattern: EventPattern): Rule {
    return new Rule(this, id, { eventPattern, targets: [new LambdaFunction(this.function)] });
  }
}

/** CloudFormation never touches keys; table and bucket are its own, and who deploys may do anything there. */
const notByDeployments = { sourceIPAddress: Match.anythingBut('cloudformation.amazonaws.com') };

/** What was done and not refused, by anybody but the issuer's own roles. A person's call has no role that issued it. */
const callsOf = (service: string, own: readonly string[], detail: object): EventPattern => ({
  source: [`aws.${service}`],
  detailType: ['AWS API Call via CloudTrail'],
  detail: {
    eventSource: [`${service}.amazonaws.com`],
    errorCode: Match.doesNotExist(),
    userIdentity: {
      sessionContext: {
        sessionIssuer: { arn: Match.anyOf(Match.doesNotExist(), Match.anythingBut(...own)) },
      },
    },
    ...detail,
  },
});
