/** What each function is given, one interface a handler: lib/cdk and lib/cli build it, the handler reads it once. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Clients, readClients } from '../lib/core/clients.ts';
import { KeyturnError } from '../lib/core/errors.ts';

/** As JSON, under the names of `keyturn.config.json`: the signer's part of the policy; for the others, all of it. */
interface PolicyEnvironment {
  readonly KEYTURN_POLICY: string;
  readonly KEYTURN_TABLE: string;
  /** `yes`: lines of log carry metrics for CloudWatch, which cost. */
  readonly KEYTURN_METRICS?: 'yes';
}

export interface SignEnvironment extends PolicyEnvironment {
  /** The file with the clients' rules, in the function's own asset. Absent: an issuer without clients. */
  readonly KEYTURN_CLIENTS?: string;
}

export interface RotateEnvironment extends PolicyEnvironment {
  readonly KEYTURN_BUCKET: string;
  readonly KEYTURN_DISTRIBUTION_ID: string;
  /** Where the documents are observed: the origin of the distribution. */
  readonly KEYTURN_EDGE_URL: string;
  readonly KEYTURN_SIGN_FUNCTION: string;
  readonly KEYTURN_SIGNER_ROLE_ARN: string;
  /** Separated by commas: the rotator's and the operator's. */
  readonly KEYTURN_ROTATOR_ROLE_ARNS: string;
  /** `yes`: what happens to keys goes to the default bus of EventBridge. */
  readonly KEYTURN_EVENTS?: 'yes';
  /** `yes`: the status page and its timeline are published beside the documents. */
  readonly KEYTURN_PAGE?: 'yes';
}

/** The operator does what the rotator does, when somebody asks. */
export interface OperateEnvironment extends RotateEnvironment {
  /** `yes` where the state goes with the stack: only then may the issuer be closed. */
  readonly KEYTURN_MAY_CLOSE?: 'yes';
  /** `yes`: keys of other issuers may be published. */
  readonly KEYTURN_MAY_IMPORT?: 'yes';
}

export interface DeployEnvironment {
  readonly KEYTURN_ISSUER: string;
  readonly KEYTURN_EDGE_URL: string;
  readonly KEYTURN_SIGN_FUNCTION: string;
  readonly KEYTURN_ROTATE_FUNCTION: string;
  /** Where the state goes with the stack: who closes the issuer. */
  readonly KEYTURN_OPERATE_FUNCTION?: string;
}

export interface WatchEnvironment {
  readonly KEYTURN_ISSUER: string;
  readonly KEYTURN_TABLE: string;
  readonly KEYTURN_METRICS?: 'yes';
}

/** @throws KeyturnError `environment_invalid` with the name of the variable */
export function readVariable(name: keyof RotateEnvironment | keyof DeployEnvironment): string {
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

/**
 * A function that cannot read who may ask for what does not start, rather than serve everybody.
 * @throws KeyturnError `environment_invalid`
 */
export function readClientsFile(): Clients | undefined {
  const file = process.env.KEYTURN_CLIENTS;
  if (!file) return undefined;
  try {
    return readClients(JSON.parse(readFileSync(resolve(__dirname, file), 'utf8')));
  } catch (cause) {
    throw new KeyturnError('environment_invalid', `KEYTURN_CLIENTS must name a file of rules, got ${file}`, { cause });
  }
}
