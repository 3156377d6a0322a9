/** What a team decides about its issuer. */
import type { RemovalPolicy } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { PolicyProps } from './policy-props.ts';

/** What the AWS resources look like. Either `issuer` or `domainName` is mandatory. */
export interface TokenIssuerProps extends Omit<PolicyProps, 'issuer'> {
  /**
   * The `iss` of every token: an https URL without a trailing slash. A path makes room for several on one domain.
   * @default - `https://` and `domainName`
   */
  readonly issuer?: string;
  /**
   * The host of the issuer, as a name of the distribution.
   * @default - the distribution's own name only: who answers at the issuer's host is yours to say
   */
  readonly domainName?: string;
  /**
   * For `domainName`, in us-east-1.
   * Not with `distribution`, which has its own.
   * @default - one that `hostedZone` validates, where the stack is in us-east-1
   */
  readonly certificate?: ICertificate;
  /**
   * Where `domainName` gets its addresses, unless the stack has records of that name there.
   * @default - none: point `domainName` at the output `DistributionDomain` yourself
   */
  readonly hostedZone?: IHostedZone;
  /**
   * A distribution of the same stack that serves other things too, another issuer of the same domain for instance. It
   * gets a behaviour for each of the issuer's documents, and `domainName` must be among its names already.
   * @default - one of its own
   */
  readonly distribution?: Distribution;
  /**
   * The origin, such as `https://auth.example.com`, at which every tick looks for the published documents, as a verifier
   * would.
   * @default - the distribution's own name, so that a custom domain's DNS may come later
   */
  readonly observeAt?: string;
  /**
   * MB of memory of the sign function.
   * @default 512
   */
  readonly memorySize?: number;
  /**
   * Where alarms go, and that they are over. Fourteen alarms and their metrics: one to five dollars a month.
   * @default - no alarms
   */
  readonly alarmTopic?: ITopic;
  /**
   * Whether a trail in this account and Region logs management events, those of KMS among them: then two alarms more
   * say when somebody else touches the issuer's keys, table or bucket. Needs `alarmTopic`.
   * @default false
   */
  readonly watchTrail?: boolean;
  /**
   * Metrics of the issuer's own: ages of keys, holds, tokens, refusals.
   * @default - where there is an alarmTopic or a dashboard
   */
  readonly metrics?: boolean;
  /**
   * Tokens and refusals of each client as metrics of their own: two for each that asks, $0.30 a month each for as long as it
   * does. Without clients there is one, `any`.
   * @default false
   */
  readonly clientMetrics?: boolean;
  /**
   * A dashboard of the metrics.
   * @default false
   */
  readonly dashboard?: boolean;
  /**
   * Whether what happens to keys goes to the default bus of EventBridge: docs/events.md.
   * @default false
   */
  readonly events?: boolean;
  /**
   * A page at the issuer's address that shows its keys in time and inspects tokens in the browser: docs/page.md. It tells
   * the world which key signs and when the next one will, beside what the JWKS tells.
   * @default false
   */
  readonly page?: boolean;
  /**
   * Whether who may operate may publish keys of another issuer for a while, to move in from there: docs/moving-in.md. Whoever
   * holds such a key can sign for this issuer, so it is for the time of the move.
   * @default false
   */
  readonly allowImport?: boolean;
  /**
   * How long the functions' logs are kept.
   * @default RetentionDays.ONE_YEAR
   */
  readonly logRetention?: RetentionDays;
  /**
   * What happens to keys, table, bucket and logs when the stack goes. With DESTROY the issuer is closed first: nothing
   * signs any more, and its KMS keys are disabled and scheduled for deletion after `deletionWindow`.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * A name for the table, to bring back a retained one with `cdk deploy --import-existing-resources`.
   * @default - CloudFormation makes one up
   */
  readonly tableName?: string;
  /**
   * A name for the bucket, to bring back a retained one with `cdk deploy --import-existing-resources`.
   * @default - CloudFormation makes one up
   */
  readonly bucketName?: string;
}
