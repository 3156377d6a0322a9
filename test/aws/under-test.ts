import { randomUUID } from 'node:crypto';

/** An AWS, or what stands in for one, with the resources of one deployment. */
export interface AwsUnderTest {
  readonly endpoint: string;
  readonly accountId: string;
  readonly tableName: string;
  readonly bucketName: string;
  readonly distributionId: string;
  /** Where the edge in front of the bucket answers. Absent: there is none. */
  readonly edgeUrl?: string;
  readonly close: () => Promise<void>;
}

export const seconds = () => Date.now() / 1000;
/** Every test has its own, so that none sees another's keys and keyring. */
export const freshIssuer = () => `https://${randomUUID()}.example`;
