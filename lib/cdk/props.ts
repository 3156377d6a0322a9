/** What a team decides about its issuer. */
import type { RemovalPolicy } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { PolicyProps } from './policy-props.ts';

/** What the AWS resources look like. */
export interface TokenIssuerProps extends PolicyProps {
  /**
   * Other names of the distribution, with a certificate for them.
   * @default - the distribution's own name only
   */
  readonly domainNames?: readonly string[];
  /**
   * In us-east-1, for `domainNames`.
   * @default - none
   */
  readonly certificate?: ICertificate;
  /**
   * The origin at which every tick looks for the published documents, as a verifier would.
   * @default - the distribution's own name, so that a custom domain's DNS may come later
   */
  readonly observeAt?: string;
  /**
   * MB of memory of the sign function.
   * @default 512
   */
  readonly memorySize?: number;
  /**
   * How long the functions' logs are kept.
   * @default RetentionDays.ONE_YEAR
   */
  readonly logRetention?: RetentionDays;
  /**
   * What happens to table, bucket and logs when the stack goes. KMS keys are made at run time and stay in any case.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}
