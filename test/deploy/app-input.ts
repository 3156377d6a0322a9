/** What a test wants to have deployed. */
import type { ClientRules } from '../../lib/core/clients.ts';

export interface AppInput {
  readonly stackName: string;
  /** As in `keyturn.config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Each gets a role to call with, whose ARN is the output `CallerRoleArn` and its name. Absent: one may have any token. */
  readonly clients?: Readonly<Record<string, Omit<ClientRules, 'maxLifetime'>>>;
  /** Another issuer of the same domain, on the same distribution. */
  readonly sibling?: string;
  /** Where the stand-in for the edge answers. */
  readonly observeAt: string;
  readonly destroy?: boolean;
  /** The checkout whose constructs and bundles are deployed, as a file URL. Absent: this one. */
  readonly release?: string;
  /** Of a table and a bucket that outlived their stack. */
  readonly tableName?: string;
  readonly bucketName?: string;
}

/** Where the app finds it: the command line is the plain one. */
export const INPUT = 'KEYTURN_TEST_APP';
