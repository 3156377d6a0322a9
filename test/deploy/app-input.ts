/** What a test wants to have deployed. */
export interface AppInput {
  readonly stackName: string;
  /** As in `keyturn.config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Where the stand-in for the edge answers. */
  readonly observeAt: string;
  readonly destroy?: boolean;
  /** The checkout whose constructs and bundles are deployed, as a file URL. Absent: this one. */
  readonly release?: string;
  /** A table and a bucket that outlived their stack. */
  readonly retained?: { readonly tableName: string; readonly bucketName: string };
}

/** Where the app finds it: the command line is the plain one. */
export const INPUT = 'KEYTURN_TEST_APP';
