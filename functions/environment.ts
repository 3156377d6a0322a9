/** What each function is given, one interface a handler: lib/cdk and lib/cli build it, the handler reads it once. */
import { KeyturnError } from '../lib/core/errors.ts';

export interface SignEnvironment {
  /** As JSON, under the names of `keyturn.config.json`: the signer's part of the policy; for the others, all of it. */
  readonly KEYTURN_POLICY: string;
  readonly KEYTURN_TABLE: string;
}

export interface RotateEnvironment extends SignEnvironment {
  readonly KEYTURN_BUCKET: string;
  readonly KEYTURN_DISTRIBUTION_ID: string;
  /** Where the documents are observed: the origin of the distribution. */
  readonly KEYTURN_EDGE_URL: string;
  readonly KEYTURN_SIGN_FUNCTION: string;
  readonly KEYTURN_SIGNER_ROLE_ARN: string;
  /** Separated by commas: the rotator's and the operator's. */
  readonly KEYTURN_ROTATOR_ROLE_ARNS: string;
}

/** The operator does what the rotator does, when somebody asks. */
export type OperateEnvironment = RotateEnvironment;

/** @throws KeyturnError `environment_invalid` with the name of the variable */
export function readVariable(name: keyof RotateEnvironment): string {
  const value = process.env[name];
  if (value) return value;
  throw new KeyturnError('environment_invalid', `environment variable ${name} must be set`);
}

/** @throws KeyturnError `environment_invalid` */
export function readPolicyJson(): Record<string, unknown> {
  const text = readVariable('KEYTURN_POLICY');
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw new KeyturnError('environment_invalid', 'KEYTURN_POLICY must be JSON', { cause });
  }
}
